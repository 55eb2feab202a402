"""Closing a unit (撤销单位): its work, its people and what stands below go to the successor."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, cast, func, select, update
from sqlalchemy.orm import Session

from engine import administering, clock, deployed, holdings, projection
from engine.commands import hot, units
from engine.db import table
from engine.errors import InvalidAnswers
from engine.holdings import LIVE
from engine.models import (
    Case,
    City,
    Deadline,
    Membership,
    Opinion,
    Pack,
    Phrase,
    SavedView,
    Supervision,
    SupervisionStatus,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.permissions import Actor

Fault = dict[str, str]
_task, _case, _deadline = table(UserTask), table(Case), table(Deadline)
_other = table(Pack).alias("other")


@dataclass(frozen=True)
class Closed:
    """How many live cases, people's posts and units below went to the successor."""

    cases: int
    posts: int
    units: int


def close(session: Session, key: str, successor: str | None, *, by: Actor) -> Closed:
    """Close a unit; all it has goes to the successor, who is also read where a diagram names it.

    Without a successor it must have nothing. What others hand it while this runs is found by
    `sweep`, in a transaction of its own. Raises `InvalidAnswers` saying what would be orphaned.
    """
    unit = administering.active_unit(session, key, by)
    heir = _heir(session, unit, successor, by)
    if wrong := why_not(session, unit, heir):
        raise InvalidAnswers({"successor": wrong})
    posts = _move_posts(session, key, heir)
    below = session.scalars(select(Unit).where(Unit.parent_key == key, Unit.active)).all()
    cases = 0
    if heir is not None:
        cases = _move_work(session, key, heir.key, by)
        for one in below:
            one.parent_key = heir.key
            session.flush()
            units.relocate(session, one.path, f"{heir.path}{one.key}/")
    unit.active, unit.closed_at = False, clock.now()
    unit.successor_key = heir.key if heir else None
    session.flush()
    administering.changed(session)
    done = Closed(cases, posts, len(below))
    administering.note(
        session,
        "unit.closed",
        by,
        unit=key,
        successor=heir.key if heir else "",
        cases=cases,
        posts=posts,
        units=len(below),
    )
    if heir is not None:
        administering.note(session, "unit.succeeded", by, unit=heir.key, closed=key, cases=cases)
    return done


def sweep(session: Session, key: str, *, by: Actor) -> int:
    """Hand on what reached a closed unit while it was being closed; how many cases."""
    unit = administering.unit(session, key, by)
    heir = deployed.successors(session, _revision(session)).get(unit.key)
    return 0 if unit.active or heir is None else _move_work(session, key, heir, by)


def why_not(session: Session, unit: Unit, heir: Unit | None) -> Fault | None:
    """Why the unit cannot be closed in favour of this one (or of none), in words."""
    if unit.parent_key is None:
        return {"zh": "最上面的单位撤不掉。", "en": "The topmost unit cannot be closed."}
    packs = _offices(session, unit.key)
    if packs:
        named = "、".join(packs)
        return {
            "zh": f"它是「{named}」的办公室，先在制度包里换成别的单位再撤。",
            "en": f"It is an office of {', '.join(packs)}; name another in the pack first.",
        }
    if heir is None:
        return _left_behind(holdings.of_unit(session, unit.key))
    return _why_not_to(session, unit, heir)


def _why_not_to(session: Session, unit: Unit, heir: Unit) -> Fault | None:
    if not units.together(session, unit, heir):
        return {
            "zh": "接手的单位要在同一座城市；封闭单位里的事不能交到外面，外面的也不能交进去。",
            "en": "The successor must be of the same city, and on the same side of a compartment.",
        }
    if heir.path.startswith(unit.path):
        return {
            "zh": "接手的单位在它下面，先把那个单位移出来。",
            "en": "The successor stands below it; move that one out first.",
        }
    about = _about(session, unit.key, heir)
    if about:
        return {
            "zh": f"有 {about} 件不能交给这个单位，先由受理办公室改派。",
            "en": f"{about} cases cannot go to this unit; the office must assign them first.",
        }
    return None


def _left_behind(held: holdings.OfUnit) -> Fault | None:
    """What would be with nobody if there were no successor."""
    if not held.work and not held.units:
        return None
    parts = [
        (held.cases, "件诉求", "cases"),
        (held.tasks, "件待办", "tasks"),
        (held.offered, "件待领办", "tasks to take up"),
        (held.supervisions, "件督办", "supervisions"),
        (held.opinions, "件征求意见", "opinions asked"),
        (held.units, "个下级单位", "units below"),
    ]
    zh = "、".join(f"{count} {word}" for count, word, _ in parts if count)
    en = ", ".join(f"{count} {word}" for count, _, word in parts if count)
    return {
        "zh": f"还有 {zh} 没有人接。选一个接手的单位，一次交过去。",
        "en": f"Nobody would have these: {en}. Choose a successor to take all of it at once.",
    }


def _heir(session: Session, unit: Unit, successor: str | None, by: Actor) -> Unit | None:
    if not successor:
        return None
    heir = session.get(Unit, successor) if successor.isprintable() else None
    within = administering.reach(session, by)
    if heir is None or not heir.active or heir.key == unit.key or heir.key not in within:
        fault = {
            "zh": "选一个您管的、没有撤销的另一个单位。",
            "en": "Choose another unit in your care that is not closed.",
        }
        raise InvalidAnswers({"successor": fault})
    return heir


def _offices(session: Session, key: str) -> list[str]:
    """Keys of the newest packs that name the unit as one of their offices."""
    newest = select(func.max(Pack.version)).where(Pack.key == _other.c.key).scalar_subquery()
    rows = session.execute(
        select(_other.c.key, _other.c.content)
        .where(_other.c.version == newest, cast(_other.c.content, String).contains(f'"{key}"'))
        .order_by(_other.c.key)
    )
    return [row.key for row in rows if key in row.content.get("offices", {}).values()]


def _about(session: Session, key: str, heir: Unit) -> int:
    """How many live cases of the unit are about the successor or a unit above it."""
    above = [one for one in heir.path.split("/") if one]
    found = select(func.count()).where(
        _case.c.id.in_(holdings.live_cases(key).order_by(None)), _case.c.accused_key.in_(above)
    )
    return session.scalar(found) or 0


def _move_work(session: Session, key: str, heir: str, by: Actor) -> int:
    """Give every live case of the unit to the successor, and tell it in each one's history."""
    case_ids: list[UUID] = list(session.scalars(holdings.live_cases(key)))
    for case_id in case_ids:
        work = hot.of_case(session, case_id, by.id, "appeal")
        if work.case["status"] not in LIVE:
            continue  # closed while we waited for it
        work.successors = {key: heir}
        work.follow()
        work.note("unit.succeeded", unit=key, successor=heir)
        projection.write_case(session, work)
        _move_rows(session, case_id, key, heir)
    session.execute(
        update(_task)
        .where(
            _task.c.status == TaskStatus.OPEN, _task.c.unit_key == key, _task.c.case_id.is_(None)
        )
        .values(unit_key=heir)
    )
    session.execute(
        update(Supervision)
        .where(
            Supervision.case_id.is_(None),
            Supervision.target == key,
            Supervision.status == SupervisionStatus.OPEN,
        )
        .values(target=heir)
    )
    for model in (SavedView, Phrase):
        session.execute(update(model).where(model.unit_key == key).values(unit_key=heir))
    return len(case_ids)


def _move_rows(session: Session, case_id: UUID, key: str, heir: str) -> None:
    """The rows of one case that say whose turn it is; what was done keeps the old name."""
    is_open = (_task.c.case_id == case_id, _task.c.status == TaskStatus.OPEN)
    session.execute(update(_task).where(*is_open, _task.c.unit_key == key).values(unit_key=heir))
    for task_id, candidates in session.execute(
        select(_task.c.id, _task.c.candidates).where(
            *is_open, _task.c.candidates.contains(f",{key},", autoescape=True)
        )
    ).all():
        named = (heir if one == key else one for one in candidates.strip(",").split(","))
        told = f",{','.join(dict.fromkeys(named))},"
        session.execute(update(_task).where(_task.c.id == task_id).values(candidates=told))
    session.execute(
        update(_deadline)
        .where(
            _deadline.c.case_id == case_id,
            _deadline.c.unit_key == key,
            _deadline.c.settled_at.is_(None),
        )
        .values(unit_key=heir)
    )
    session.execute(
        update(Supervision)
        .where(
            Supervision.case_id == case_id,
            Supervision.target == key,
            Supervision.status == SupervisionStatus.OPEN,
        )
        .values(target=heir)
    )
    waiting = (
        Opinion.case_id == case_id,
        Opinion.answered_at.is_(None),
        Opinion.withdrawn_at.is_(None),
    )
    theirs = session.scalar(select(Opinion.id).where(*waiting, Opinion.unit_key == heir))
    if theirs is None:  # asked already: its own answer is enough for both
        session.execute(
            update(Opinion).where(*waiting, Opinion.unit_key == key).values(unit_key=heir)
        )


def _move_posts(session: Session, key: str, heir: Unit | None) -> int:
    """The people come along; a role somebody has there already is not given twice."""
    posts = session.scalars(select(Membership).where(Membership.unit_key == key)).all()
    there = set()
    if heir is not None:
        rows = session.execute(
            select(Membership.person_id, Membership.role).where(Membership.unit_key == heir.key)
        )
        there = {(row.person_id, row.role) for row in rows}
    for post in posts:
        if heir is None or (post.person_id, post.role) in there:
            session.delete(post)
        else:
            post.unit_key = heir.key
    session.flush()
    return len(posts)


def _revision(session: Session) -> int:
    return session.scalars(select(City.organisation_revision)).one()
