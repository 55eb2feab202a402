"""Why a step failed, in the reader's language, as far as the words are our own."""

import re
from collections.abc import Callable

from flask_babel import gettext as _
from markupsafe import Markup, escape

from web import i18n

# What the engine says in English, as it stands in `engine.bpmn` and in the effects. What is not
# here is shown as it is, marked as English.
_WORDS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), tell)
    for pattern, tell in (
        (
            r"decision (\w+): no row fits and there is no default",
            lambda table: _("决策表 %(table)s：没有一行合适，也没有写默认结果", table=table),
        ),
        (
            r"decision (\w+): rows (.*) both fit, but a UNIQUE table answers once",
            lambda table, rows: _("决策表 %(table)s：第 %(rows)s 行都合适，但这张表只许一行合适",
                table=table, rows=rows.replace(" and ", _("、"))),
        ),
        (r"decision (\w+): (.*)", lambda table, why: _("决策表 %(table)s：%(why)s", table=table,
            why=words(why))),
        (r"row (\d+): (.*)", lambda row, why: _("第 %(row)s 行：%(why)s", row=row, why=words(why))),
        (r"`(.*)`: expected a limit or a budget", lambda text: _(
            "定时器 %(text)s 算出来的不是时限", text=text)),
        (r"`(.*?)`: (.*)", lambda text, why: _("`%(text)s`：%(why)s", text=text, why=words(why))),
        (
            r"(.*); (\w+) is (a text|a number|yes or no|a list|nothing)",
            lambda why, name, kind: _("%(why)s；%(name)s 是%(kind)s", why=words(why), name=name,
                kind=_kind(kind)),
        ),
        (
            r"(\w+) is not set(?:; did you mean (\w+)\?)?(; known are .*)?",
            lambda name, meant, known: _("变量 %(name)s 没有值%(hint)s", name=name,
                hint=_meant(meant) or _given(known)),
        ),
        (
            r"case\.(\w+) is not known(?:; did you mean (\w+)\?)?(; known are .*)?",
            lambda name, meant, known: _("没有 case.%(name)s 这一项%(hint)s", name=name,
                hint=_meant(meant) or _given(known)),
        ),
        (r"division by zero", lambda: _("除以零")),
        (r"the list has no such item", lambda: _("清单里没有这一项")),
        (r"expected values of one kind", lambda: _("要同一种值才能这样算")),
        (r"there is no operation (.*)", lambda name: _("没有 %(name)s 这个操作", name=name)),
        (
            r"(\S+) needs (\w+)",
            lambda name, what: _("操作 %(name)s 缺少参数 %(what)s", name=name, what=what),
        ),
        (
            r"(\S+): (\w+) expects (.*)",
            lambda name, what, kind: _("操作 %(name)s 的参数 %(what)s 应是%(kind)s", name=name,
                what=what, kind=_kind(kind)),
        ),
        (
            r"(\d+) steps without a wait; a loop may never end",
            lambda n: _("连走 %(n)s 步都没有等待，可能有走不出的环", n=n),
        ),
        (
            r"too many steps without a wait",
            lambda: _("走了太多步都没有等待，可能有走不出的环"),
        ),
        (
            r"(\w+) is not set to a list to go over",
            lambda name: _("变量 %(name)s 不是清单，没法逐项办", name=name),
        ),
        (r"unit: expected a unit of the organisation, found (.*)", lambda unit: _(
            "要一个在用的单位，%(unit)s 不是", unit=unit)),
        (r"route: expected a route of the pack, found (.*)", lambda route: _(
            "系统包里没有 %(route)s 这个渠道", route=route)),
        (
            r"matter: expected a case that is as confidential as this one",
            lambda: _("主件和这一件保密要求不同，不能并案"),
        ),
        (
            r"matter: expected the number of .*",
            lambda: _("要并入的主件不在了，或者不能作主件"),
        ),
        (
            r"expected a state of version (.*?), found version (\d+).*",
            lambda known, found: _(
                "存下的状态是第 %(found)s 版，这里只读第 %(known)s 版。先升级，再做一次",
                found=found, known=known.replace(" or ", _("、"))),
        ),
        (
            r"the state is damaged, .*",
            lambda: _("存下的状态坏了。从备份恢复这一件的这一行，再做一次"),
        ),
        (
            r"the state does not fit its diagram .*",
            lambda: _(
                "存下的状态和流程图对不上。从备份恢复这一件的这一行，或者它原来的流程，再做一次"),
        ),
        (
            r"the state grows beyond (\d+) bytes; go over shorter lists",
            lambda size: _("状态会超过 %(size)s 字节。把要逐项办的清单分短", size=size),
        ),
    )
)  # fmt: skip


def reason(text: str) -> Markup | str:
    """A reason in the reader's language; what is only there in English is marked as such."""
    if i18n.language() == "en":
        return text
    told = words(text)
    return told if told != text else Markup('<span lang="en">%s</span>') % escape(text)


def words(text: str) -> str:
    """A reason in the language of the page, or as it is."""
    for pattern, tell in _WORDS:
        if found := pattern.fullmatch(text):
            return str(tell(*(part or "" for part in found.groups())))
    return text


def _meant(name: str) -> str:
    return str(_("；是不是 %(name)s？", name=name)) if name else ""


def _given(known: str) -> str:
    return known.replace("; known are ", _("；有的是 ")) if known else ""


def _kind(kind: str) -> str:
    known = {
        "a text": _("文字"),
        "a whole number": _("整数"),
        "a number": _("数字"),
        "nothing": _("没有值"),
        "yes or no": _("是或否"),
        "a list": _("清单"),
    }
    return str(known.get(kind, kind))
