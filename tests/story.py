"""A builder over commands: stories about the office, told in its own words."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select

from engine import clock, history
from engine.commands import cases, supervisions, tasks
from engine.commands.cases import Received, Said
from engine.db import Sessions, reading, transaction
from engine.errors import InvalidAnswers
from engine.identity import Reporter, Vault
from engine.journal import Journal
from engine.models import (
    Case,
    City,
    Deadline,
    HistoryEvent,
    Interview,
    Membership,
    Person,
    Supervision,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import people
from engine.worker import Worker

TITLE = "解放东路一盏路灯不亮"
BODY = "解放东路口向北第三盏路灯不亮，已经一个星期，晚上走路看不清。"
PHONE = "13800001234"
# The whole check list of the review gate.
CHECKS = [
    "contacted",
    "every_point",
    "evidence",
    "no_empty_phrase",
    "outcome_fits",
    "legal_basis",
]

# From what came in to the answer, as it goes where nothing is in the way.
TO_THE_ANSWER = (
    "complete_record",
    "screen",
    "dispatch",
    "sign",
    "contact_citizen",
    "handle",
    "write_answer",
    "review_answer",
    "answer_directly",
)

# What it depends on who there is and may do what, and who there was each time: databases of
# tests are copies of one, so that most have the same people.
_WHO = (
    select(City.organisation_revision),
    select(Person.id, Person.active).order_by(Person.id),
    select(Membership.id, Membership.person_id, Membership.unit_key, Membership.role).order_by(
        Membership.id
    ),
)
_EVERYBODY: dict[Any, list[Actor]] = {}


def answers_for(element: str, now: Any, **said: Any) -> dict[str, Any]:
    """Answers that keep a case going, as a diligent officer gives them; `said` comes on top."""
    at = now.isoformat()
    day = (now.date() + timedelta(days=7)).isoformat()
    usual: dict[str, dict[str, Any]] = {
        "complete_record": {
            "title": TITLE,
            "category": "urban",
            "kind": "help",
            "place": "解放东路",
        },
        "screen": {"opinion": "accept"},
        "tell_refusal": {"legal_channel": "court", "told_at": at, "letter": "请向法院提起诉讼。"},
        "dispatch": {"mode": "push", "unit": "utilities_bureau"},
        "take_up": {"unit": "utilities_bureau"},
        "rule_unit": {
            "ruled_unit": "utilities_bureau",
            "precedent": True,
            "ground": "职责表",
            "justification": "退单理由不成立，照明设施归市政维护处。",
        },
        "sign": {"signing": "sign"},
        "contact_citizen": {
            "contacted_at": at,
            "way": "phone",
            "what": "问清位置，约好三天内修。",
        },
        "handle": {"measures": "更换了灯泡和镇流器。"},
        "co_handle": {"co_result": "done", "measures": "提供了电缆图。"},
        "write_answer": {"outcome": "solved", "answer": "市政维护处已更换灯泡，当晚亮灯。"},
        "review_answer": {"review": "pass", "checks": CHECKS},
        "revise_answer": {"answer": "市政维护处11月3日更换灯泡和镇流器，当晚亮灯。"},
        "answer_directly": {"answered_at": at, "way": "phone"},
        "publish_batch": {"medium": "晚报", "issue": "第12期", "published_on": day},
        "press_briefing": {"held_on": day, "summary": "集中回应了路灯问题。"},
        "reply_publicly": {
            "posted_at": at,
            "shown_as": "市政维护处",
            "link": "https://example.org/1",
        },
        "callback": {
            "band": "morning",
            "reached_citizen": True,
            "contacted": "yes",
            "result": "solved",
            "satisfaction": 5,
        },
        "judge_unsolved": {"judgement": "reasonable", "ground": "现场确认未修好。"},
        "spot_check": {"finding": "good", "report": "现场亮灯。"},
        "phone": {"called_at": at, "spoke_to": "值班主任", "promise": "两天内联系市民。"},
        "order": {
            "order_number": "督〔2026〕1号",
            "cure_by": day,
            "demands": "三日内办结，书面说明。",
        },
        "interview": {
            "held_at": at,
            "present": "局长、督办室主任",
            "minutes": "说明原因，约定整改。",
        },
        "commitment": {
            "signed_by": "局长",
            "cure_by": day,
            "published": True,
            "pledge": "十日内修复全部路灯并公示。",
        },
        "criticism": {
            "notice_number": "通〔2026〕1号",
            "sent_to": "各区县、各部门",
            "ground": "承诺没有兑现，通报批评。",
        },
        "on_site": {"visited_at": at, "present": "局长、督办员", "found": "路灯三盏不亮。"},
        "meeting": {"held_at": at, "present": "市政、供电", "minutes": "市政牵头，三天修好。"},
        "referral": {"referred_to": "纪检监察机关", "ground": "屡次不办。"},
        "request_extension": {"days": 5, "legal_basis": "管理办法第十条", "reason": "更换电缆。"},
        "approve_extension": {"decision": "grant"},
        "give_opinion": {"position": "agree", "answer": "可以，开挖前三天告诉我们。"},
        **_in_qingdao(at, day),
    }
    answers = {**usual[element], **said}
    if answers.get("review") == "send_back":
        del answers["checks"]  # asked only of an answer that passes
    return answers


def _in_qingdao(at: str, day: str) -> dict[str, dict[str, Any]]:
    return {
        "first_screen": {"opinion": "accept", "topic": "traffic", "route": "government"},
        "follow_up": {"found": "承办单位已到现场，三天内修好。", "follow_on": "yes"},
        "urge_unit": {"unit": "qd_urban_bureau", "instructions": "一周内答复读者。"},
        "visit_site": {"visited_on": day, "found": "坑还在，问了值班人员。", "follow_on": "yes"},
        "pass_on": {"unit": "qd_urban_bureau", "way": "letter"},
        "receive_clue": {"competence": "yes"},
        "handle_clue": {"record": "2026-17", "supervise": "no"},
        "supervise_conduct": {"kind_of_supervision": "conduct", "done_on": day},
        "record_result": {"closed_on": day, "class_of_result": "founded"},
        "answer_reporter": {"told_at": at, "told_by": "两名工作人员"},
    }


class Story:
    """One office and what happens in it."""

    def __init__(self, sessions: Sessions, held: clock.Held, vault: Vault, folder: Path) -> None:
        self.sessions = sessions
        self.clock = held
        self.vault = vault
        self.journal = folder / "notices.jsonl"
        self.worker = Worker(sessions, Journal(self.journal), "story")
        self.received: Received | None = None
        self.in_qingdao = False

    # What happens ------------------------------------------------------------------------------

    def receives(self, pack: str = "gl-jindianzi", **said: Any) -> Self:
        """A citizen sends something in."""
        self.in_qingdao = pack.startswith("qd-")
        reporter = Reporter(said.pop("name", "陈女士"), said.pop("phone", PHONE))
        defaults = {"channel": "web", "title": TITLE, "body": BODY} | said
        with transaction(self.sessions) as session:
            self.received = cases.receive(
                session, self.vault, pack, Said(reporter=reporter, **defaults)
            )
        self.worker.drain()
        return self

    def does(self, element: str, *, by: str | None = None, item: str = "", **said: Any) -> Self:
        """Somebody who may completes the open task of this element."""
        task = self.task(element, item)
        actor = self.actor(by) if by else self.someone_for(task)
        answers = answers_for(element, clock.now(), **said)
        try:
            with transaction(self.sessions) as session:
                tasks.complete(session, task.id, answers, by=actor)
        except InvalidAnswers as error:
            error.add_note(f"{element}: {error.fields}")
            raise
        self.worker.drain()
        return self

    def completes(self, session: Any, task: UserTask, answers: dict[str, Any]) -> None:
        """Somebody who may completes this very task, open or not."""
        tasks.complete(session, task.id, answers, by=self.someone_for(task))

    def goes_through(self, *elements: str) -> Self:
        """The usual answers at each of these tasks."""
        for element in elements:
            self.does(element)
        return self

    def passes(self, **duration: float) -> Self:
        """Time passes, and the worker does what falls due."""
        self.clock.advance(**duration)
        self.worker.drain()
        return self

    def supervises(self, rung: str, reason: str = "多次催促未果。", by: str | None = None) -> UUID:
        """A supervisor starts a ladder at this rung."""
        actor = self.actor(by) if by else self.with_role("supervisor")
        with transaction(self.sessions) as session:
            key = supervisions.ask(session, self.number, rung, reason, by=actor)
        self.worker.drain()
        return key

    def comes_to_handling(self) -> Self:
        """A case whose unit has signed and called the citizen, and is to handle it."""
        return (
            self.receives()
            .goes_through("complete_record", "screen")
            .does("dispatch", mode="push", unit="utilities_bureau", instructions="先看现场。")
            .goes_through("sign", "contact_citizen")
        )

    # What is seen ------------------------------------------------------------------------------

    @property
    def number(self) -> str:
        """The number of the case of this story."""
        assert self.received is not None
        return self.received.number

    @property
    def case(self) -> Case:
        """The case as it stands."""
        assert self.received is not None
        with reading(self.sessions) as session:
            return session.get_one(Case, self.received.case_id)

    @property
    def waiting_for(self) -> set[str]:
        """The elements whose tasks are open."""
        return {task.element for task in self.open_tasks()}

    def open_tasks(self) -> list[UserTask]:
        """The open tasks of the case."""
        assert self.received is not None
        query = select(UserTask).where(
            UserTask.case_id == self.received.case_id, UserTask.status == "open"
        )
        return self._all(query)

    def task(self, element: str, item: str = "") -> UserTask:
        """The one open task of this element."""
        found = [t for t in self.open_tasks() if t.element == element and item in ("", t.item)]
        assert len(found) >= 1, f"{element} is not open, but {sorted(self.waiting_for)}"
        return found[0]

    def deadlines(self, limit: str | None = None) -> list[Deadline]:
        """The ledgers of the case, oldest first."""
        assert self.received is not None
        query = select(Deadline).where(Deadline.case_id == self.received.case_id)
        if limit:
            query = query.where(Deadline.limit == limit)
        return self._all(query.order_by(Deadline.id))

    def supervisions(self) -> list[Supervision]:
        """The ladders of the case, oldest first."""
        assert self.received is not None
        query = select(Supervision).where(Supervision.case_id == self.received.case_id)
        return self._all(query.order_by(Supervision.id))

    def interviews(self) -> list[Interview]:
        """All interviews held."""
        return self._all(select(Interview))

    def events(self) -> list[str]:
        """The kinds of history events of the case, in order."""
        assert self.received is not None
        stream = history.case_stream(self.received.case_id)
        query = select(HistoryEvent).where(HistoryEvent.stream == stream)
        return [event.kind for event in self._all(query.order_by(HistoryEvent.seq))]

    def chain_is_whole(self) -> bool:
        """Whether the case's history has not been tampered with."""
        assert self.received is not None
        with reading(self.sessions) as session:
            return history.broken(session, history.case_stream(self.received.case_id)) is None

    # People ------------------------------------------------------------------------------------

    def actor(self, login: str) -> Actor:
        """The person of this login."""
        with reading(self.sessions) as session:
            return people.by_login(session, login)

    def with_role(self, role: str, unit: str | None = None) -> Actor:
        """Somebody who has this role (for this unit)."""
        for actor in self.people():
            if actor.acts_for(role, unit):
                return actor
        raise AssertionError(f"nobody is {role} for {unit}")

    def someone_for(self, task: UserTask) -> Actor:
        """Somebody who may do this task."""
        for role in task.roles.strip(",").split(","):
            for actor in self.people():
                if actor.acts_for(role, task.unit_key):
                    return actor
        raise AssertionError(f"nobody may do {task.element} for {task.unit_key}")

    def people(self) -> list[Actor]:
        """All persons as the rules see them; read anew when somebody came or changed roles.

        There are two cities: those of the case's own come first.
        """
        with reading(self.sessions) as session:
            now = tuple(tuple(session.execute(one)) for one in _WHO)
            if now not in _EVERYBODY:
                logins = session.scalars(select(Person.login).order_by(Person.login)).all()
                _EVERYBODY[now] = [people.by_login(session, login) for login in logins]
        return sorted(
            _EVERYBODY[now],
            key=lambda one: any(key.startswith("qd_") for key in one.units) != self.in_qingdao,
        )

    def _all(self, query: Any) -> list[Any]:
        with reading(self.sessions) as session:
            return list(session.scalars(query))
