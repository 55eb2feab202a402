"""How rates are told: percents with their fraction, intervals, judges, clocks, faults."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.rates import balancing
from engine.rates.definition import Definition
from engine.rates.figures import Figure
from engine.rates.spread import Spread
from web import i18n

BY: Mapping[str, object] = {
    "": lazy_gettext("按指标自己的日期"),
    "due": lazy_gettext("按到期日"),
    "close": lazy_gettext("按办结日"),
    "receipt": lazy_gettext("按收到日"),
    "dispatch": lazy_gettext("按派单日"),
}
CLOCKS: Mapping[str, object] = {
    "due": lazy_gettext("到期日在这段时间的"),
    "close": lazy_gettext("办结日在这段时间的"),
    "receipt": lazy_gettext("收到日在这段时间的"),
    "dispatch": lazy_gettext("派单日在这段时间的"),
}
JUDGES: Mapping[str, object] = {
    "system": lazy_gettext("系统时间"),
    "citizen": lazy_gettext("市民自己"),
    "callback": lazy_gettext("回访记录"),
    "handler": lazy_gettext("承办单位"),
    "reviewer": lazy_gettext("审核"),
    "supervisor": lazy_gettext("督办抽查"),
    "exchange": lazy_gettext("电话交换机"),
}
LISTS: Mapping[str, object] = {
    "counted": lazy_gettext("数进去的"),
    "missed": lazy_gettext("没数进去的"),
    "excluded": lazy_gettext("剔除的"),
}
FAULTS: Mapping[str, object] = {
    balancing.NO_CONTACT: lazy_gettext("没有来件"),
    balancing.NO_STATUS: lazy_gettext("状态不在四种之内"),
    balancing.NOT_ENDED: lazy_gettext("说是结了，没有办结时间"),
    balancing.STILL_OPEN: lazy_gettext("说是在办，却有办结时间"),
    balancing.EVENTS_GONE: lazy_gettext("办理记录缺了"),
    balancing.NOT_COUNTED: lazy_gettext("没有数进指标"),
    balancing.COUNTED_OTHERWISE: lazy_gettext("指标里的状态不一样"),
}
STATUSES: Mapping[str, object] = {
    "open": lazy_gettext("在办"),
    "refused": lazy_gettext("不予受理"),
    "merged": lazy_gettext("并入他件"),
    "closed": lazy_gettext("办结"),
}


def percent(figure: Figure, decimals: int = 1) -> str:
    """`87.6%`; a dash where there is nothing to divide by."""
    return "—" if figure.percent is None else f"{figure.percent:.{decimals}f}%"


def fraction(definition: Definition, figure: Figure) -> str:
    """`640 件中 456 件`."""
    said = {"n": i18n.count(figure.numerator), "d": i18n.count(figure.denominator)}
    if definition.of == "slip":
        return str(_("%(d)s 张工单中 %(n)s 张", **said))
    if definition.judge == "citizen":
        return str(_("问到的 %(d)s 件中 %(n)s 件", **said))
    return str(_("%(d)s 件中 %(n)s 件", **said))


def between(pair: tuple[float, float] | None, decimals: int = 1) -> str:
    """`85.4–89.5%`."""
    return "" if pair is None else f"{pair[0]:.{decimals}f}–{pair[1]:.{decimals}f}%"


def spread(definition: Definition, told: Spread) -> str:
    """The middle and the tail in words."""
    if not told.number:
        return "—"
    said = {"p50": told.middle, "p90": told.tail}
    if definition.measure == "hops":
        return str(_("一半不超过 %(p50)s 次，九成不超过 %(p90)s 次", **said))
    return str(_("一半不超过 %(p50)s 天，九成不超过 %(p90)s 天", **said))


def version(definition: Definition) -> str:
    """Which version of whose definition."""
    if definition.inherited:
        return str(_("第 %(n)s 版，沿用基础包", n=definition.version))
    return str(_("第 %(n)s 版", n=definition.version))
