"""An office with sealed cases, and everybody who might look for them.

One case was routed to the discipline organ at the first screening, as it should be. The other is
the worst that can happen: it was sealed when the accused unit had it on its desk, with slip,
ladder, evidence and a failed step.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import anchors, evidence, figures, incidents, people
from engine.commands.cases import Received
from engine.db import Sessions, transaction
from engine.errors import StepFailed
from engine.files import Files
from engine.models import Case, Incident, Instance, Message, Notice, Precedent, Slip, Supervision
from engine.work import stored
from tests.conftest import START
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.compartment.personas import ACCUSED, COMPARTMENT, POSTS, STAFF

PACK = "qd-sanwo-5"
SOURCE = "热线旧系统"  # the system both cases were taken in from


@dataclass
class Subject:
    """A sealed case by everything it can be asked for, and what must not be read of it."""

    number: str
    code: str
    digits: str
    ids: dict[str, Any]
    marks: tuple[str, ...] = ()
    file: str = ""
    sealed_at: datetime = START


@dataclass
class Scene:
    """The office. story: what happens in it; ordinary: a case of the accused unit that is open."""

    story: Story
    home: Path
    ordinary: str = ""
    subjects: dict[str, Subject] = field(default_factory=dict)

    @property
    def sessions(self) -> Sessions:
        """The database."""
        return self.story.sessions

    @property
    def marks(self) -> tuple[str, ...]:
        """What nobody outside may read, of any of them."""
        return tuple(mark for one in self.subjects.values() for mark in one.marks)

    @property
    def words(self) -> tuple[str, ...]:
        """What is secret of them besides numbers and ids: what was said, by whom, about whom."""
        files = [one.file for one in self.subjects.values() if one.file]
        return (*(text for said in SAID.values() for text in said.values()), *files)


SAID = {
    "routed": {
        "title": "副局长蔺贵福包庇黑渣土车",
        "body": "副局长蔺贵福每月收车队的份子钱，凡是带标记的渣土车一律放行。",
        "name": "郏留名",
        "phone": "13964210333",
    },
    "answered": {
        "title": "科员郜守义索要烟酒才盖章",
        "body": "科员郜守义说不带两条烟就不盖章，周围的店主都知道这个规矩。",
        "name": "亓记名",
        "phone": "13964210444",
    },
    "late": {
        "title": "支队长仇大勇收钱放行违建",
        "body": "支队长仇大勇去年在荣成路收了八万元，放行了三层违建，转账记录在我这里。",
        "name": "邴证言",
        "phone": "13964210987",
    },
    "second": {
        "title": "科长鲍二喜私设小金库",
        "body": "科长鲍二喜把罚款存进个人账户，发票存根可以对上。",
        "name": "訾实名",
        "phone": "13964210765",
    },
}


def lay(story: Story, home: Path) -> Scene:
    """Everything happens, and a week goes by."""
    with transaction(story.sessions) as session:
        for column, login in STAFF.items():
            people.add_person(session, login, column, password=PASSWORD, memberships=POSTS[column])
    scene = Scene(story, home)
    story.receives(PACK, channel="phone")
    _goes_to_the_accused(story)
    scene.ordinary = story.number
    laid = [routed(story), answered(story), late(story, home, "late")]
    story.passes(days=8)  # clocks run out, of the sealed ones, too
    anchors.make(story.sessions)
    figures.refresh(story.sessions)
    scene.subjects = {one.name: subject(story, one) for one in laid}
    return scene


@dataclass(frozen=True)
class Laid:
    """A case that was sealed, with the file among its evidence."""

    name: str
    received: Received
    sealed_at: datetime
    sha256: str = "0" * 64
    file: str = ""
    ids: Mapping[str, Any] = field(default_factory=dict)


def routed(story: Story, name: str = "routed") -> Laid:
    """A case that the newspaper's screener hands to the discipline organ."""
    said, case_id = SAID[name], _received(story, name, channel="newspaper")
    story.does(
        "complete_record", by=STAFF["media_screener"], title=said["title"], category="conduct"
    )
    before = clock.now()
    story.clock.advance(minutes=1)
    story.does("first_screen", by=STAFF["media_screener"], route="discipline", accused_unit=ACCUSED)
    with transaction(story.sessions) as session:
        _fails(session, case_id, said["title"])
    return _laid(story, name, sealed_at=before)


def answered(story: Story, name: str = "answered") -> Laid:
    """A case that is sealed when its citizen was answered and is to be called.

    It has left a link to rate the answer and a precedent.
    """
    case_id = _received(story, name)
    _goes_to_the_accused(story, title=SAID[name]["title"])
    story.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    story.does("answer_directly")
    sent = [json.loads(line) for line in story.journal.read_text("utf-8").splitlines()]
    with transaction(story.sessions) as session:
        kept = Precedent(
            office_key="qd_hotline",
            category="conduct",
            unit_key=ACCUSED,
            ground=SAID[name]["title"],
            case_id=case_id,
            ruled_at=clock.now(),
        )
        session.add(kept)
        session.flush()
        ids = {"precedent_id": kept.id, "token": _token_in(sent, story.number)}
        _seal(session, case_id)
    return _laid(story, name, ids=ids)


def late(story: Story, home: Path, name: str, *, failed: bool = True) -> Laid:
    """A case that is sealed when it lies with the unit it is about."""
    said, case_id = SAID[name], _received(story, name)
    _goes_to_the_accused(story, title=said["title"])
    story.supervises("order", reason=f"{said['title']}，超期未办。", by=STAFF["supervisor"])
    kept = Files.at(home).put(io.BytesIO(f"{name} {said['body']}".encode()))
    file = evidence.Kept(kept.sha256, f"转账记录-{name}.txt", kept.media_type, kept.size)
    with transaction(story.sessions) as session:
        evidence.add(session, case_id, [file], by=story.actor(STAFF["accused_handler"]).id)
        if failed:
            _fails(session, case_id, said["title"])
        _seal(session, case_id)
    return _laid(story, name, sha256=kept.sha256, file=file.name)


def _received(story: Story, name: str, channel: str = "phone") -> UUID:
    own = {"source": SOURCE, "source_id": f"entry-{name}", "channel": channel}
    story.receives(PACK, **own, **SAID[name])
    assert story.received is not None
    return story.received.case_id


def _laid(story: Story, name: str, **more: Any) -> Laid:
    """The case of the story, sealed by now; what is sent later than that is looked at."""
    assert story.received is not None
    return Laid(name, story.received, **{"sealed_at": clock.now(), **more})


def _seal(session: Session, case_id: UUID) -> None:
    """Sealed where it stands, with tasks, clocks and all: worse than any route does it."""
    case = session.get_one(Case, case_id)
    own: dict[str, Any] = {"sealed": True, "office_key": COMPARTMENT, "accused_key": ACCUSED}
    own |= {"confidential": True, "facts": stored({**case.facts, "confidential": True})}
    session.execute(update(Case).where(Case.id == case_id).values(own))
    session.execute(delete(Notice).where(Notice.case_id == case_id))  # as every route does


def _token_in(sent: list[dict[str, Any]], number: str) -> str:
    """The secret of the link in the notice to the citizen of this case."""
    for line in sent:
        payload = line["payload"]
        if payload["case"] == number and line["kind"] == "case.answered":
            return str(payload["rate"]).rsplit("/", 1)[-1]
    raise AssertionError("no link was sent")


def _goes_to_the_accused(story: Story, **said: Any) -> None:
    """From the registration to the desk of the unit, as any case goes."""
    story.does("complete_record", **{"category": "urban", "place": "荣成路"} | said)
    story.does("first_screen", route="government")
    story.does("dispatch", unit=ACCUSED)
    story.does("sign", by=STAFF["accused_handler"])


def _fails(session: Session, case_id: UUID, title: str) -> None:
    instance = session.scalar(
        select(Instance.id).where(Instance.case_id == case_id, Instance.part == "appeal").limit(1)
    )
    error = StepFailed("write_answer", f"unit: {ACCUSED} {title}")
    twice = [
        incidents.record(session, error, source="task", source_id=None, instance_id=instance)
        for _ in range(2)
    ]
    session.get_one(Incident, twice[0]).resolved_at = clock.now()  # the other one waits


def subject(story: Story, laid: Laid) -> Subject:
    """The case as it stands, by its ids."""
    said, received = SAID[laid.name], laid.received
    story.received = received
    with transaction(story.sessions) as session:
        found: dict[str, list[Any]] = {
            name: list(
                session.scalars(select(column).where(owner == received.case_id).order_by(column))
            )
            for name, column, owner in (
                ("instance_id", Instance.id, Instance.case_id),
                ("incident_id", Incident.id, Incident.case_id),
                ("message_id", Message.id, Message.case_id),
                ("ladder", Supervision.number, Supervision.case_id),
                ("slip", Slip.number, Slip.case_id),
            )
        }
    tasks = [task.id for task in story.open_tasks()]
    ids: dict[str, Any] = {
        **{name: some[0] for name, some in found.items() if some},
        "number": received.number,
        "case_id": received.case_id,
        "task_id": tasks[0],
        "sha256": laid.sha256,
        "title": said["title"],
        "phone": said["phone"],
        "source_id": f"entry-{laid.name}",
        **laid.ids,
    }
    words = [part for part in said["body"].replace("，", "。").split("。") if part]
    marks = [received.number, said["title"], *words, said["name"], said["phone"], laid.file]
    marks += [*found["slip"], *found["ladder"], str(received.case_id)]
    marks += map(str, [*found["instance_id"], *tasks])
    return Subject(
        number=received.number,
        code=received.code,
        digits=said["phone"][-4:],
        ids=ids,
        marks=tuple(mark for mark in dict.fromkeys(marks) if mark),
        file=laid.file,
        sealed_at=laid.sealed_at,
    )
