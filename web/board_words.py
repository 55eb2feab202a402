"""What the board says (监督看板): its figures, how old what is in progress is, its course."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.boards.states import BANDS, MARKS, State
from engine.queries.board import Board, Day
from engine.queries.board_list import NO_CATEGORY
from web import charts, i18n, navigation
from web.charts import Chart, Series

STATES = {
    State.OVERDUE: lazy_gettext("超期"),
    State.TODAY: lazy_gettext("今天到期"),
    State.SOON: lazy_gettext("最后一个工作日"),
    State.UNCONTACTED: lazy_gettext("没联系市民"),
    State.UNANSWERED: lazy_gettext("没答复"),
    State.UNREVIEWED: lazy_gettext("没审核"),
    State.UNCALLED: lazy_gettext("没回访"),
    State.RETURNED: lazy_gettext("退两次"),
    State.EXTENDED: lazy_gettext("延了期"),
    State.REOPENED: lazy_gettext("重办"),
    State.REPEATED: lazy_gettext("重复来件"),
    State.CONFIDENTIAL: lazy_gettext("保密在办"),
    State.SUPERVISED: lazy_gettext("督办中"),
}
# Also to be listed, without a figure of their own: the matrix leads there.
LISTED = {**STATES, State.RUNNING: lazy_gettext("在办"), State.WATCHED: lazy_gettext("要盯的")}
_NOTES = {
    State.TODAY: lazy_gettext("今晚 24:00 前"),
    State.SOON: lazy_gettext("不到一个工作日"),
    State.UNCONTACTED: lazy_gettext("联系时限已过"),
    State.UNANSWERED: lazy_gettext("办理、答复时限已过"),
    State.UNREVIEWED: lazy_gettext("审核时限已过"),
    State.UNCALLED: lazy_gettext("回访时限已过"),
    State.RETURNED: lazy_gettext("退单两次以上"),
    State.EXTENDED: lazy_gettext("批了延期，还没办完"),
    State.REOPENED: lazy_gettext("市民说没解决"),
    State.REPEATED: lazy_gettext("来了三次以上"),
    State.CONFIDENTIAL: lazy_gettext("要保密，还没办结"),
    State.SUPERVISED: lazy_gettext("有没销号的督办"),
}
_LATE = {
    State.OVERDUE,
    State.UNCONTACTED,
    State.UNANSWERED,
    State.UNREVIEWED,
    State.UNCALLED,
}
_SOON = {State.TODAY, State.SOON}
DAYS, WEEKS = 14, 12


@dataclass(frozen=True)
class Course:
    """The chart of what came in, ended and ran out. by: "day" or "week"."""

    chart: Chart
    by: str


def figures(board: Board) -> list[tuple[str, list[dict[str, object]]]]:
    """One counter for each state, with a link to exactly its cases; by clocks, and by the rest."""
    of_clocks = [state for state in STATES if state not in MARKS and state != State.EXTENDED]
    rest = [state for state in STATES if state not in of_clocks]
    return [
        (_("按时限"), [_figure(board, state) for state in of_clocks]),
        (_("按情形"), [_figure(board, state) for state in rest]),
    ]


def _figure(board: Board, state: State) -> dict[str, object]:
    number, unit = board.counts.of(state), request.args.get("unit")
    note = _NOTES.get(state)
    if state == State.OVERDUE:
        several = ngettext("涉及 %(num)d 个单位", "涉及 %(num)d 个单位", board.units_overdue)
        note = _("这个单位和下属") if unit else several
    colour = "late" if state in _LATE else "soon" if state in _SOON else ""
    return {
        "label": STATES[state],
        "value": i18n.count(number),
        "note": note,
        "state": colour if number else "",
        "url": url_for("supervision.index", unit=unit or None, state=state.value),
    }


def ageing(board: Board) -> Chart:
    """How long what is in progress has waited, in working days."""
    ends = [_("%(n)s 天内", n=BANDS[0])]
    ends += [f"{first + 1}–{last}" for first, last in pairwise(BANDS)]
    ends.append(_("%(n)s 天以上", n=BANDS[-1]))
    names = (_("时限内"), _("快到期"), _("超期"))
    series = [Series(name, [age[n] for age in board.ages]) for n, name in enumerate(names)]
    late = sum(age[2] for age in board.ages)
    return charts.columns(
        _("在办的已经等了多久"),
        _(
            "按收到以来的工作日，在办 %(n)s 件，其中超期 %(late)s 件。",
            n=i18n.count(sum(map(sum, board.ages))),
            late=i18n.count(late),
        ),
        ends,
        series,
        (_("工作日"), *names),
    )


def course(days: Sequence[Day], by: str) -> Course | None:
    """What came in, ended and ran out, by day or by week; None if nobody has counted yet."""
    if not days:
        return None
    if by == "week":
        weeks = [days[n : n + 7] for n in range(len(days) - 7 * WEEKS, len(days), 7)]
        shown = [
            Day(
                w[0].on,
                *(
                    sum(each)
                    for each in zip(*((d.received, d.ended, d.ran_out) for d in w), strict=True)
                ),
            )
            for w in weeks
        ]
        title = _("近 %(n)s 周：收到、办结、超期", n=WEEKS)
        first, told = _("一周（起始日）"), [i18n.month_day(one.on) for one in shown]
    else:
        shown = list(days[-DAYS:])
        title = _("近 %(n)s 天：收到、办结、超期", n=DAYS)
        first, told = _("日期"), [i18n.month_day(one.on) for one in shown]
    names = (_("收到"), _("办结"), _("超期"))
    numbers = [[d.received for d in shown], [d.ended for d in shown], [d.ran_out for d in shown]]
    sums = _("，").join(
        f"{name} {i18n.count(sum(of))}" for name, of in zip(names, numbers, strict=True)
    )
    drawn = charts.lines(
        title,
        _("合计：%(sums)s。", sums=sums),
        [word if n % 2 == 0 or len(told) <= WEEKS else "" for n, word in enumerate(told)],
        [Series(name, of) for name, of in zip(names, numbers, strict=True)],
        (first, *names),
    )
    rows = [(word, *map(i18n.count, row)) for word, *row in zip(told, *numbers, strict=True)]
    return Course(replace(drawn, rows=rows), by)


def chosen(board: Board, asked: dict[str, str]) -> list[tuple[str, str, str]]:
    """The filters that are set, as chips: text, the address without it, what removing says."""
    names = {
        "unit": board.unit_names,
        "category": {NO_CATEGORY: _("还没有分类"), **board.categories},
        "limit": board.limits,
        "state": {state.value: str(label) for state, label in LISTED.items()},
        "rung": board.rung_names,
    }
    said = [(name, i18n.pick(names[name].get(key)) or key) for name, key in asked.items() if key]
    return [
        (text, navigation.url_with(**{name: None}), _("去掉「%(what)s」", what=text))
        for name, text in said
    ]
