"""What can be done with many tasks at once, and what came of it, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.commands import bulk
from engine.queries.bulk_results import Outcome
from web import i18n

ACTS = {
    "claim": lazy_gettext("认领"),
    "assign": lazy_gettext("转给…"),
    "remind": lazy_gettext("催办"),
    "print": lazy_gettext("打印处理签"),
    "xlsx": lazy_gettext("导出表格"),
    "csv": lazy_gettext("导出 CSV"),
}
TITLES = {
    bulk.CLAIM: lazy_gettext("认领的结果"),
    bulk.ASSIGN: lazy_gettext("转给同事的结果"),
    bulk.REMIND: lazy_gettext("催办的结果"),
}
# What others have to do can be urged, and read.
_OF_OTHERS = ("remind", "print", "xlsx", "csv")


def acts(view: str) -> list[tuple[str, str]]:
    """The acts that a view offers, in the order of the buttons."""
    offered = _OF_OTHERS if view == "waiting" else tuple(ACTS)
    return [(act, str(ACTS[act])) for act in offered]


def outcome(act: str, one: Outcome) -> str:
    """What came of one task."""
    who = i18n.pick(one.who)
    if one.item.get("undone") == bulk.BACK:
        return str(_("已撤销"))
    if one.item.get("undone") == bulk.STAYED:
        return str(_("没有撤销：已经有了新进展"))
    result = one.item["result"]
    if result == bulk.DONE:
        return _done(act, who)
    if result == bulk.URGED:
        return urged_lately(one.item)
    if result == bulk.OWN:
        own = {
            bulk.CLAIM: _("本来就是您的"),
            bulk.ASSIGN: _("本来就在这位同事手里"),
            bulk.REMIND: _("是您自己的，不用催"),
        }
        return str(own[act])
    return str(
        {
            bulk.TAKEN: _("被%(who)s先认领了", who=who),
            bulk.REFUSED: _("这位同事办不了这一步") if act == bulk.ASSIGN else _("不归您办"),
            bulk.GONE: _("已经办完或不在这里了"),
        }[result]
    )


def urged_lately(item: Mapping[str, Any]) -> str:
    """That it was urged a short while ago."""
    at = i18n.short_moment(datetime.fromisoformat(item["at"]))
    return str(_("%(at)s 刚催过，过 4 小时再催", at=at))


def summary(act: str, outcomes: Sequence[Outcome]) -> str:
    """One message for all: how many, and who was first."""
    told = Counter(one.item["result"] for one in outcomes)
    said = []
    if done := told[bulk.DONE]:
        said.append(_counted(act, done))
    if own := told[bulk.OWN]:
        said.append(ngettext("%(num)d 件不用再做", "%(num)d 件不用再做", own))
    said += [
        _("1 件被%(who)s先认领了", who=i18n.pick(one.who))
        for one in outcomes
        if one.item["result"] == bulk.TAKEN
    ]
    if urged := told[bulk.URGED]:
        said.append(ngettext("%(num)d 件刚催过", "%(num)d 件刚催过", urged))
    if refused := told[bulk.REFUSED]:
        said.append(ngettext("%(num)d 件做不了", "%(num)d 件做不了", refused))
    if gone := told[bulk.GONE]:
        said.append(
            ngettext("%(num)d 件已经办完或不在这里了", "%(num)d 件已经办完或不在这里了", gone)
        )
    return str(_("；").join(said))


def _done(act: str, who: str) -> str:
    if act == bulk.ASSIGN:
        return str(_("转给%(who)s了", who=who))
    return str({bulk.CLAIM: _("认领了"), bulk.REMIND: _("催过了")}[act])


def _counted(act: str, count: int) -> str:
    if act == bulk.CLAIM:
        return str(ngettext("已认领 %(num)d 件", "已认领 %(num)d 件", count))
    if act == bulk.ASSIGN:
        return str(ngettext("已转出 %(num)d 件", "已转出 %(num)d 件", count))
    return str(ngettext("已催办 %(num)d 件", "已催办 %(num)d 件", count))
