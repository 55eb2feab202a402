"""The clocks of a case in words: a badge, a calendar day by day, a line for each limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from engine import clock
from engine.queries.case_file import File
from engine.queries.clock_days import Ledger
from engine.working_time import Budget
from web import clocks, i18n


@dataclass(frozen=True)
class Counted:
    """A ledger as the pages show it.

    whose: the citizen's clock or the unit's. sum: its budget and extension. cells: empty for
    one that is settled.
    """

    id: UUID
    limit: str
    name: str
    whose: str
    sum: str
    started_at: datetime
    due_at: datetime | None
    badge: clocks.Badge | None
    cells: Sequence[clocks.Cell]
    sentence: str
    grounds: Sequence[str]
    citizen: bool
    open: bool

    @property
    def head(self) -> clocks.Badge | None:
        """The badge beside a title: it opens into the count below."""
        return replace(self.badge, url="#clock") if self.badge else None


def counted(file: File, ledgers: Sequence[Ledger]) -> list[Counted]:
    """The ledgers in words, in the order they come; cancelled ones are left out."""
    return [_counted(file, one) for one in ledgers if one.deadline.settled_as != "cancelled"]


def headline(ledgers: Sequence[Counted]) -> Counted | None:
    """The clock that stands beside the title: the citizen's next, else the unit's."""
    running = [one for one in ledgers if one.open]
    return next((one for one in running if one.citizen), running[0] if running else None)


def by_id(ledgers: Sequence[Counted]) -> Mapping[UUID, Counted]:
    """The ledgers by key."""
    return {one.id: one for one in ledgers}


def budget_words(text: str) -> str:
    """A budget as people say it: `5 个工作日`, `2 小时`."""
    budget = Budget.parse(text)
    n = budget.amount
    if budget.unit == "WD":
        return str(ngettext("%(num)d 个工作日", "%(num)d 个工作日", n))
    if budget.unit == "d":
        return str(ngettext("%(num)d 个自然日", "%(num)d 个自然日", n))
    if budget.office:
        return str(ngettext("%(num)d 个工作小时", "%(num)d 个工作小时", n))
    return str(ngettext("%(num)d 小时（昼夜连续）", "%(num)d 小时（昼夜连续）", n))


def _counted(file: File, one: Ledger) -> Counted:
    row = one.deadline
    badge = clocks.badge_of(row, file.calendar, file.pack.hours)
    cells: Sequence[clocks.Cell] = ()
    if one.days is not None:
        today = clock.now().astimezone(file.zone).date()
        first = one.first_due_at.astimezone(file.zone).date() if one.first_due_at else None
        cells = clocks.calendar_cells(one.days, today=today, first_due=first)
    return Counted(
        id=row.id,
        limit=row.limit,
        name=i18n.pick(one.name) or budget_words(row.limit),
        whose=_("市民") if row.clock == "citizen" else _("单位"),
        sum=_sum(row.budget, row.extended),
        started_at=row.started_at,
        due_at=row.due_at,
        badge=badge,
        cells=cells,
        sentence=_sentence(one, badge),
        grounds=_grounds(one),
        citizen=row.clock == "citizen",
        open=one.open,
    )


def _sum(budget: str, extended: str) -> str:
    if not extended:
        return budget_words(budget)
    both: str = _(
        "%(budget)s ＋ 延期 %(extended)s",
        budget=budget_words(budget),
        extended=budget_words(extended),
    )
    return both


def _sentence(one: Ledger, badge: clocks.Badge | None) -> str:
    row = one.deadline
    if row.due_at is None or badge is None:
        return str(_("现在暂停，不计时。"))
    told: list[str] = [_("到期：%(at)s。", at=i18n.moment(row.due_at))]
    if one.days is None:
        return told[0]
    now = clock.now()
    steps = [step for step in one.days.days if step.number is not None]
    passed = [step.number for step in steps if step.date <= i18n.local(now).date()]
    if passed and row.due_at > now:
        told.append(
            _(
                "今天是第 %(n)s 天，共 %(all)s 天，%(left)s。",
                n=passed[-1],
                all=steps[-1].number,
                left=badge.text,
            )
        )
    else:
        told.append(_("%(left)s。", left=badge.text))
    return (" " if i18n.language() == "en" else "").join(told)


def _grounds(one: Ledger) -> list[str]:
    told = [_("依据：%(source)s。", source=i18n.pick(one.source))] if one.source else []
    for pause in one.pauses:
        until = i18n.short_moment(pause.until_at) if pause.until_at else _("现在")
        told.append(
            _(
                "暂停：%(start)s 至 %(end)s，%(reason)s。",
                start=i18n.short_moment(pause.from_at),
                end=until,
                reason=pause.reason,
            )
        )
    if one.days is not None and any(step.provisional for step in one.days.days):
        told.append(_("有的日子还没有放假安排，按周一至周五暂定。"))
    return told
