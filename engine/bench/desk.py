"""`huiyin bench inbox`: the pages of a desk in a crowded city: inbox, search, duplicates.

Each is asked for through the function its page calls, by all kinds of people in turn, in a session
of its own. Baseline in the same run: the same words looked for with LIKE, which no index serves.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from engine import tending
from engine.bench import city, crowd, databases, office
from engine.bench.city import City
from engine.bench.conditions import conditions
from engine.bench.crowd import Crowd
from engine.db import reading, table
from engine.models import Case, CaseStatus, Membership, Person, TaskStatus, UserTask
from engine.permissions import Actor, may
from engine.queries import alike, case_list, inbox, people
from engine.queries.inbox import Filter

OPEN_TASKS = 100_000
PATTERN, DAYS = 250, 30  # cases that are played, and over how many days
_WARM_UP = 8
_SEED = "desk"
_case, _task, _person = table(Case), table(UserTask), table(Person)
Through = Callable[[City, Actor], Mapping[str, float]]


@dataclass
class Desk:
    """The city as it is measured. actors: of each role and unit one; samples: cases to ask about.

    lots: what is chosen by chance, the same in each run.
    """

    city: City
    actors: Sequence[Actor]
    samples: Sequence[Any]
    lots: random.Random

    def timed(self, ask: Callable[[Any, Actor, Any], object], actors: Sequence[Actor]) -> float:
        """Milliseconds of one page, with the session it is read in."""
        actor, sample = self.lots.choice(actors), self.lots.choice(self.samples)
        begun = time.perf_counter()
        with reading(self.city.sessions) as session:
            ask(session, actor, sample)
        return 1000 * (time.perf_counter() - begun)

    def page(self, session: Any, actor: Actor, _sample: Any) -> object:
        """A page of the inbox in one of its views."""
        wanted = Filter(view=self.lots.choice(inbox.VIEWS))
        return inbox.page(session, actor, wanted, self.city.people.calendar.zone)

    def search(self, session: Any, actor: Actor, sample: Any) -> object:
        """A page of cases found by words, a number or a phone."""
        wanted = case_list.Filter(text=self._words(sample))
        return case_list.page(session, actor, wanted, self.city.vault)

    def duplicates(self, session: Any, actor: Actor, sample: Any) -> object:
        """What an open case may be a duplicate of."""
        return alike.found(
            session,
            actor,
            sample.office_key,
            title=sample.title,
            body=sample.body,
            place=sample.place,
            category=sample.category,
            besides=sample.id,
        )

    def like(self, session: Any, actor: Actor, sample: Any) -> object:
        """The same search without an index, as it was before there was one."""
        word = self._words(sample)
        said = or_(*(column.contains(word) for column in (_case.c.title, _case.c.body)))
        found = select(_case.c.id).where(said, case_list.may_see(actor))
        session.scalar(select(func.count()).select_from(found.limit(case_list.COUNTED).subquery()))
        return session.scalars(found.order_by(_case.c.id.desc()).limit(case_list.PAGE)).all()

    def _words(self, sample: Any) -> str:
        """What somebody looks for: a word of the title, a phrase, a street, a number, a phone."""
        return self.lots.choice(
            (
                lambda: self._cut(sample.title, 2),
                lambda: self._cut(sample.title, 4),
                lambda: self._cut(sample.body, 6),
                lambda: f"{self._cut(sample.title, 2)} {self._cut(sample.body, 2)}",
                lambda: sample.place,
                lambda: sample.number,
                lambda: sample.number[-12:],
                lambda: "13800001234",
            )
        )()

    def _cut(self, text: str, long: int) -> str:
        at = self.lots.randrange(max(len(text) - long, 1))
        return text[at : at + long]


def run(
    folder: Path | None = None,
    cases: int = 1_000_000,
    open_tasks: int = OPEN_TASKS,
    *,
    server: str | None = None,
    pattern: int = PATTERN,
    pages: int = 200,
    through: Through | None = None,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """95 of 100 pages of each kind take no longer than this, as JSON.

    server: of PostgreSQL, empty for one of the run's own; None for SQLite. pages: how many of each
    kind. through: asks for pages as a browser does, for one person, and says how long each took.
    """
    with office.work_folder(folder, home) as here, databases.chosen(here, server) as place:
        probes = [office.commit_probe(here)]
        with place.database("desk") as url:
            begun = time.perf_counter()
            with city.founded(url) as town:
                town.play(pattern, DAYS)
            played = time.perf_counter() - begun
            tell(f"inbox: {pattern} cases played in {played:.1f} s")
            filled = crowd.fill(url, cases, open_tasks, tell)
            tell(f"inbox: {filled.cases} cases, {filled.open_tasks} open tasks")
            with city.opened(url) as town:
                measured = _measured(town, pages, through, tell)
            settings = conditions(place, probes, played=pattern, days=DAYS, pages=pages)
        probes.append(office.commit_probe(here))
        settings["commit_probe_ms"] = [round(1000 * probe, 3) for probe in probes]
        return _told(filled, measured, played) | {"conditions": settings}


def _measured(
    town: City, pages: int, through: Through | None, tell: Callable[[str], None]
) -> dict[str, Any]:
    lots = random.Random(_SEED)  # noqa: S311 - what is looked at, not a secret
    desk = Desk(town, _actors(town), _samples(town, lots), lots)
    screeners = [one for one in desk.actors if may(one, "contact.enter")]
    readers = [one for one in desk.actors if may(one, "case.read")]
    found: dict[str, Any] = {}
    tending.settle()  # as a server does
    for name, ask, actors, many in (
        ("page", desk.page, desk.actors, pages),
        ("search", desk.search, readers, pages),
        ("duplicates", desk.duplicates, screeners, pages),
        ("like", desk.like, readers, max(pages // 40, 2)),
    ):
        for _ in range(min(_WARM_UP, many) if name != "like" else 0):
            desk.timed(ask, actors)
        found[name] = sorted(desk.timed(ask, actors) for _ in range(many))
        tell(f"inbox: {name} {_p95(found[name]):.1f} ms, median {_median(found[name]):.1f} ms")
    if through is not None:
        found["through"] = through(town, screeners[0])
    return found


def _actors(town: City) -> list[Actor]:
    """Everybody who works there, but for those who are only names."""
    members = select(Membership.person_id)
    with reading(town.sessions) as session:
        keys = session.scalars(
            select(_person.c.id).where(_person.c.active, _person.c.id.in_(members))
        ).all()
        return [one for key in sorted(keys) if (one := people.actor(session, key)).scope]


def _samples(town: City, lots: random.Random) -> list[Any]:
    """Open cases by chance, old and new."""
    waiting = select(_task.c.case_id).where(_task.c.status == TaskStatus.OPEN)
    with reading(town.sessions) as session:
        keys = session.scalars(waiting.order_by(_task.c.case_id)).all()
        chosen = lots.sample(range(len(keys)), min(len(keys), 300))
        rows = session.execute(
            select(_case).where(
                _case.c.id.in_([keys[at] for at in chosen]),
                _case.c.status == CaseStatus.OPEN,
                _case.c.confidential.is_(False),
                _case.c.sealed.is_(False),
            )
        )
        return sorted(rows, key=lambda row: row.id)


def _told(filled: Crowd, found: Mapping[str, Any], played: float) -> dict[str, Any]:
    kinds = ("page", "search", "duplicates")
    return {
        "open_tasks": filled.open_tasks,
        "cases": filled.cases,
        **{f"{kind}_ms_p95": round(_p95(found[kind]), 2) for kind in kinds},
        "median_ms": {kind: round(_median(found[kind]), 2) for kind in kinds},
        "most_ms": {kind: round(found[kind][-1], 2) for kind in kinds},
        "like": {
            "median_ms": round(_median(found["like"]), 1),
            "ratio": round(_median(found["like"]) / _median(found["search"]), 1),
        },
        "through_http_ms": {
            path: round(taken, 2) for path, taken in found.get("through", {}).items()
        },
        "fill": {"played_seconds": round(played, 1), **filled.told()},
    }


def _p95(taken: Sequence[float]) -> float:
    return taken[max(0, -(-len(taken) * 95 // 100) - 1)]


def _median(taken: Sequence[float]) -> float:
    return statistics.median(taken)
