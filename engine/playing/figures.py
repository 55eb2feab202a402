"""The figures of a demo, by queries alone: what came in, where it stands, what was kept and missed.

Numbers stand in front, one column for all cities together and one for each; names in both
languages behind. Nothing in it depends on keys or on the machine's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from engine.commands.cases import newest_pack
from engine.models import (
    Callback,
    Case,
    CaseStatus,
    Commitment,
    Contact,
    Deadline,
    Evaluation,
    Incident,
    Instance,
    Interview,
    Matter,
    Pack,
    Precedent,
    Slip,
    Supervision,
    SupervisionStep,
    Suspension,
    TaskStatus,
    UserTask,
)
from engine.playing.cast import Wanted
from engine.playing.counting import Counts, count, distinct_cases
from engine.playing.memory import SOURCE
from engine.queries import satisfaction, verifying

_WIDTH = 6
_BASE = "base-12345"
_STATUSES = {
    CaseStatus.REFUSED: "不予受理 Refused",
    CaseStatus.MERGED: "并案 Merged",
    CaseStatus.OPEN: "在办 Open",
    CaseStatus.CLOSED: "办结 Closed",
}
_STATES = {
    "met": "按时 met",
    "late": "逾期才完成 late",
    "cancelled": "撤销 cancelled",
    "running": "在期 running",
    "overdue": "已逾期 overdue",
    "suspended": "中止 suspended",
}
_CAUSES = {
    "contact_overdue": "联系逾期 Contact overdue",
    "handling_overdue": "办理逾期 Handling overdue",
    "co_handling_overdue": "协办逾期 Co-handling overdue",
    "unsolved": "回访未解决 Not solved",
    "asked_phone": "人工发起：电话 By hand: phone",
    "asked_order": "人工发起：督办单 By hand: order",
    "asked_interview": "人工发起：约谈 By hand: interview",
    "rule_overdue_10_30": "规则：一个月超期十件 Rule: ten overdue in a month",
}
_SUPERVISIONS = {"open": "督办中 Open", "cured": "已销号 Cured", "referred": "移送 Referred"}
_RESULTS = {
    "solved": "解决了 Solved",
    "partly": "解决了一部分 Partly solved",
    "unsolved": "没有解决 Not solved",
}
_STARS = {
    5: "非常满意 Very satisfied",
    4: "满意 Satisfied",
    3: "基本满意 Basically satisfied",
    2: "不满意 Dissatisfied",
    1: "非常不满意 Very dissatisfied",
}
_EVER = timedelta(days=3650)  # nothing is older in a demo


@dataclass
class Figures:
    """The lines to print, and whether every balance holds."""

    lines: list[str] = field(default_factory=list)
    holds: bool = True


def figures(session: Session, wanted: Wanted) -> Figures:
    """Everything that is told of a demo."""
    telling = _Telling(session, wanted)
    for section in (
        telling.heading,
        telling.balance,
        telling.standing,
        telling.limits,
        telling.supervision,
        telling.feedback,
        telling.besides,
    ):
        section()
    return telling.told


class _Telling:
    """Collects the lines."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        self.told = Figures()
        self._session, self._wanted = session, wanted
        found = session.scalars(select(Pack.key).join(Case, Case.pack_id == Pack.id).distinct())
        self._cities = sorted(found)
        self._packs = {key: newest_pack(session, key)[1] for key in (_BASE, *self._cities)}

    def heading(self) -> None:
        """Which demo it is."""
        self._say(f"演示 Demo: {self._wanted}")
        prefixes = [self._packs[key].prefix for key in self._cities]
        self._say("".join(f"{name:>{_WIDTH}}" for name in ("all", *prefixes)))
        for key in self._cities:
            name = self._packs[key].name
            self._say(f"  {self._packs[key].prefix}: {name['zh']} {name['en']}")

    def balance(self) -> None:
        """The four parts of what came in, and the four counters."""
        session = self._session
        cases = count(session, Case, Case.status)
        self._title("收支平衡 Balance")
        self._row("收到诉求 Received", cases.of())
        for status, name in _STATUSES.items():
            self._row(f"  {name}", cases.of(status))
        contacts = count(session, Contact, Contact.source, where=(Contact.of_contact_id.is_(None),))
        asked = distinct_cases(session, Contact, Contact.source)
        parts = [cases.total(status) for status in _STATUSES]
        self.told.holds = (
            verifying.balance(session).holds
            and sum(parts) == cases.total()
            and asked.total(SOURCE) == self._wanted.cases
        )
        self._say(
            f"received = refused + merged + open + closed: {cases.total()} = "
            f"{' + '.join(map(str, parts))}: {'成立 holds' if self.told.holds else '不成立 BROKEN'}"
        )
        self._title("四项计数 Four counters")
        self._row("来件 Contacts", contacts.of())
        again = {city: n - asked.of(SOURCE)[city] for city, n in contacts.of(SOURCE).items()}
        self._row("  其中对已有诉求再次来件 of them about a case that was there", again)
        self._row("  其中回访中提出 of them said in a callback", contacts.of("callback"))
        self._row("诉求 Cases", cases.of())
        self._row("工单 Slips", count(session, Slip).of())
        self._row("并案的问题 Matters of merged cases", count(session, Matter).of())

    def standing(self) -> None:
        """Where the open cases stand, and how the others ended."""
        self._title("在办诉求所处阶段 Open cases by stage")
        is_open = Case.status == CaseStatus.OPEN
        self._rows("stages", count(self._session, Case, Case.stage, where=(is_open,)))
        self._title("办理结果 Outcomes of cases that are over")
        over = (Case.closed_at.is_not(None), Case.outcome != "")
        self._rows("outcomes", count(self._session, Case, Case.outcome, where=over))

    def limits(self) -> None:
        """Deadlines met and missed, limit by limit."""
        self._title("时限 Limits")
        state = case(
            (Deadline.settled_at.is_not(None), Deadline.settled_as),
            (Deadline.due_at.is_(None), "suspended"),
            (Deadline.due_at <= self._wanted.until, "overdue"),
            else_="running",
        )
        found = count(self._session, Deadline, Deadline.limit, state)
        known = [name for pack in self._packs.values() for name in pack.limits]
        order = {name: place for place, name in reversed(list(enumerate(known)))}
        for name in sorted(found.names, key=lambda one: (order.get(one, len(known)), one)):
            numbers = {told: found.total(name, key) for key, told in _STATES.items()}
            told = ", ".join(f"{text} {number}" for text, number in numbers.items() if number)
            self._say(f"  {self._limit(name)}: {told}")

    def supervision(self) -> None:
        """Ladders, and how far they were climbed."""
        session = self._session
        self._title("督办 Supervision")
        causes = count(session, Supervision, Supervision.cause)
        known = [cause for cause in _CAUSES if cause in causes.names]
        others = sorted(set(causes.names) - set(known))
        for cause in (*known, *others):
            self._row(_CAUSES.get(cause, f"其他 Other: {cause}"), causes.of(cause))
        states = count(session, Supervision, Supervision.status)
        for status, name in _SUPERVISIONS.items():
            self._row(f"  {name}", states.of(status))
        self._title("实施的督办级 Rungs done")
        self._rows("ladder", count(session, SupervisionStep, SupervisionStep.rung))
        self._row("约谈纪要 Minutes of interviews", count(session, Interview).of())
        self._row("公开承诺 Commitments", count(session, Commitment).of())

    def feedback(self) -> None:
        """Whom the callers reached, and what people said."""
        session = self._session
        self._title("回访 Callbacks")
        calls = count(session, Callback, Callback.reached)
        self._row("接通 Reached", calls.of(True))
        self._row("未接通 Not reached", calls.of(False))
        results = count(session, Callback, Callback.result, where=(Callback.reached,))
        for key, name in _RESULTS.items():
            self._row(f"  {name}", results.of(key))
        self._title("满意度，未接通不计入 Satisfaction, not reached kept out")
        rated = (Callback.satisfaction.is_not(None),)
        stars = count(session, Callback, Callback.satisfaction, where=rated)
        for number, name in _STARS.items():
            self._row(name, stars.of(number))
        ended = satisfaction.counted(session, self._wanted.until - _EVER, self._wanted.until)
        told = ended.get("", satisfaction.Counted())
        rate = f"{told.good * 1000 // told.valid / 10:.1f} %" if told.valid else "-"
        self._say(
            f"  已结诉求的满意率 Rate of the cases that ended: {told.good} / {told.valid} = {rate}"
        )
        self._say(f"  其中未接通 Of them not reached: {told.not_reached}, outside the rate")
        by_link = count(session, Evaluation, where=(Evaluation.rated_at.is_not(None),))
        self._row("凭链接评价 Rated by link", by_link.of())

    def besides(self) -> None:
        """Returns, rulings, more time, and what is kept from view."""
        session = self._session
        self._title("其他 Besides")
        self._row("退单 Returns", count(session, Slip, where=(Slip.returned_at.is_not(None),)).of())
        ruled = (UserTask.element == "rule_unit", UserTask.status == TaskStatus.COMPLETED)
        self._row("裁定 Rulings", count(session, UserTask, where=ruled).of())
        self._row("先例 Precedents", count(session, Precedent).of())
        asked = (Instance.part == "extension",)
        self._row("申请延期 Extensions asked for", count(session, Instance, where=asked).of())
        given = (Deadline.extended != "",)
        self._row("  批准 granted", count(session, Deadline, where=given).of())
        self._row("中止计时 Suspensions", count(session, Suspension).of())
        self._row("保密件 Confidential", count(session, Case, where=(Case.confidential,)).of())
        self._row("密封件 Sealed", count(session, Case, where=(Case.sealed,)).of())
        broken = session.scalar(select(func.count(Incident.id))) or 0
        self._say(f"{broken:>{_WIDTH}}  故障 Incidents")

    # Lines ----------------------------------------------------------------------------------

    def _say(self, line: str) -> None:
        self.told.lines.append(line)

    def _title(self, text: str) -> None:
        self.told.lines += ["", text]

    def _row(self, name: str, numbers: Mapping[str, int]) -> None:
        columns = [sum(numbers.values()), *(numbers.get(city, 0) for city in self._cities)]
        self._say("".join(f"{number:>{_WIDTH}}" for number in columns) + f"  {name}")

    def _rows(self, section: str, found: Counts) -> None:
        """A row for each entry of a section of the packs, in their order."""
        names: dict[str, str] = {}
        for pack in self._packs.values():
            for entry in pack.items(section):
                names.setdefault(entry["key"], f"{entry['zh']} {entry['en']}")
        order: Sequence[str] = [*names, *sorted(found.names - set(names))]
        for key in order:
            if key in found.names:
                self._row(names.get(key, key), found.of(key))

    def _limit(self, name: str) -> str:
        for pack in self._packs.values():
            if name in pack.limits:
                return f"{pack.limits[name].zh} {pack.limits[name].en}"
        return name
