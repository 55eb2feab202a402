"""The living map: what is counted ahead is what is so; each number is as long as its list."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.commands import living_map as keeping
from engine.db import reading, transaction
from engine.models import Case, MapCase, MapCount, MapState
from engine.permissions import Actor
from engine.queries import living_map, living_map_cases
from engine.queries.living_map import Asked, Numbers, Period
from engine.traces import months
from engine.traces.durations import MEDIAN, P90, minutes, quantile, step
from engine.traces.tally import PROCESS, Tally
from tests.counting import statements
from tests.story import Story

DISPATCHED = ("complete_record", "screen", "dispatch")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every office counts as one with many cases."""
    monkeypatch.setattr(living_map, "LIVE_MOST", -1)


def seen(
    story: Story, actor: Actor | None = None, process: str = "appeal", **asked: str
) -> Numbers:
    with reading(story.sessions) as session:
        over = living_map.ground(session, actor or story.with_role("supervisor"))
        now = over.this_month()
        period = Period(months.later(now, -2), now)
        return living_map.numbers(session, over, Asked(process, **asked), period)


def listed(story: Story, element: str, only: str = "", page: int = 1, **asked: str) -> list[str]:
    with reading(story.sessions) as session:
        over = living_map.ground(session, story.with_role("supervisor"))
        now = over.this_month()
        period = Period(months.later(now, -2), now)
        wanted = Asked("appeal", **asked)
        lines = living_map_cases.page(session, over, wanted, period, element, only, page)
    return [line.number for line in lines]


def told(numbers: Numbers) -> dict[str, list[object]]:
    return {element: tally.written() for element, tally in numbers.elements.items()}


def returned_once_and_late(story: Story) -> str:
    story.receives().goes_through(*DISPATCHED)
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
    story.does("dispatch", unit="housing_bureau")
    story.goes_through("sign", "contact_citizen", "handle").passes(days=8)
    return story.number


@pytest.mark.both
def test_what_is_kept_says_what_is_so(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    late = returned_once_and_late(story)
    story.receives().goes_through(*DISPATCHED)
    story.receives()
    with transaction(story.sessions) as session:
        about = update(Case).where(Case.number == story.number)
        session.execute(about.values(accused_key="ecology_bureau"))
    asked: list[dict[str, str]] = [
        {},
        {"unit": "guilin"},
        {"unit": "housing_bureau"},
        {"unit": "utilities_bureau", "category": "urban"},
        {"category": "-"},
        {"process": "supervision"},
        {"unit": "nowhere"},
    ]
    keeping.refresh(story.sessions)
    live = [told(seen(story, **one)) for one in asked]
    assert live[0] == live[1], "all of them are below it"
    assert len({str(one) for one in live}) == len(asked) - 1
    assert live[-1] == {}
    lists = [listed(story, "sign", only) for only in ("", "again", "now")]
    monkeypatch.setattr(living_map, "LIVE_MOST", -1)
    assert [told(seen(story, **one)) for one in asked] == live
    assert [listed(story, "sign", only) for only in ("", "again", "now")] == lists
    assert lists[1] == [late]
    # What changes is counted out of the numbers as they were, and into them as they are.
    story.receives().goes_through(*DISPATCHED, "sign").passes(days=2)
    assert keeping.refresh(story.sessions).cases
    changed = [told(seen(story, **one)) for one in asked]
    assert changed != live
    with transaction(story.sessions) as session:
        session.execute(update(MapState).values(swept_on=None))
    assert keeping.refresh(story.sessions).cases == 0
    assert [told(seen(story, **one)) for one in asked] == changed, "counted from the start"
    monkeypatch.undo()
    assert [told(seen(story, **one)) for one in asked] == changed, "and as it is"


def test_an_element_tells_how_many_came_how_often_and_how_late(story: Story) -> None:
    returned_once_and_late(story)
    of = seen(story).of
    assert (of(PROCESS).cases, of("sign").cases, of("sign").passes, of("sign").again) == (
        1,
        1,
        2,
        1,
    )
    assert (of("write_answer").now, of("write_answer").late) == (1, 1)
    assert (of("handling").passes, of("handling").now, of("handling").late) == (2, 1, 1)
    assert of("third_bounce").passes == 2, "a gateway is counted too"
    at_housing = seen(story, unit="housing_bureau").of("sign")
    assert (at_housing.cases, at_housing.passes, at_housing.again) == (1, 1, 0)
    assert seen(story, unit="utilities_bureau").of("sign").cases == 1, "it signed before"
    assert seen(story, unit="guilin").of("sign").passes == 2, "above both"


def test_time_is_office_time(story: Story) -> None:
    story.receives().passes(days=7)  # from Monday to Monday: five working days
    story.goes_through("complete_record").passes(hours=1)
    story.goes_through("screen")
    week, hour = (seen(story).of(one).steps for one in ("complete_record", "screen"))
    assert sum(week.values()) == sum(hour.values()) == 1
    of_week, of_hour = quantile(week, MEDIAN), quantile(hour, P90)
    assert of_week is not None
    assert of_hour is not None
    assert of_week == pytest.approx(5 * 7.5 * 60, rel=0.05)
    assert of_hour == pytest.approx(60, rel=0.1)


@pytest.mark.parametrize("taken", [0, 4, 59, 60, 61, 480, 2400, 50_000])
def test_a_step_is_at_most_a_twentieth_off(taken: int) -> None:
    assert minutes(step(taken)) == pytest.approx(taken, rel=0.05, abs=2.5)


def test_half_and_nine_of_ten() -> None:
    assert quantile({}, MEDIAN) is None
    ten = {step(number * 60): 1 for number in range(1, 11)}
    assert quantile(ten, MEDIAN) == pytest.approx(300, rel=0.05)
    assert quantile(ten, P90) == pytest.approx(540, rel=0.05)


def test_whoever_may_not_know_of_a_case_counts_without_it(story: Story, large: None) -> None:
    story.receives().goes_through(*DISPATCHED)
    story.receives().goes_through(*DISPATCHED)
    with transaction(story.sessions) as session:
        about = update(Case).where(Case.number == story.number)
        session.execute(about.values(accused_key="housing_bureau"))
    keeping.refresh(story.sessions)
    with reading(story.sessions) as session:
        counts = session.scalars(
            select(MapCount.elements).where(
                MapCount.process == "appeal", MapCount.unit_key == "", MapCount.category == ""
            )
        ).one()
    assert Tally.read(counts[PROCESS]).cases == 1, "in no row that everybody is counted from"
    supervisor = story.with_role("supervisor")
    assert seen(story).cases == 2
    accused = Actor(
        id=supervisor.id,
        login=supervisor.login,
        name_zh=supervisor.name_zh,
        units=supervisor.units,
        lineage=supervisor.lineage | {"housing_bureau"},
        scope=supervisor.scope,
    )
    assert seen(story, accused).cases == 1
    assert story.number in listed(story, "sign")
    with transaction(story.sessions) as session:
        session.execute(update(Case).where(Case.number == story.number).values(accused_key=None))
        session.execute(update(Case).values(sealed=True))
    assert seen(story, story.actor("she.ji")).cases <= 1, "a designer knows of no sealed one"


def test_turns_and_what_nobody_counted(story: Story, large: None) -> None:
    story.receives()
    assert seen(story).counted_at is None, "there may be many, and nobody has counted"
    with keeping.changed_cases.turn(story.sessions, keeping._state) as mine:
        assert mine
        assert keeping.refresh(story.sessions).cases is None
    with transaction(story.sessions) as session:
        session.execute(update(MapState).values(claimed_until=clock.now() + timedelta(minutes=1)))
    story.passes(days=1)
    assert keeping.refresh(story.sessions).cases == 1, "a dead worker's turn ends"
    assert seen(story).counted_at == clock.now()
    assert keeping.refresh(story.sessions).cases == 0
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(MapCase)) == 1


def test_the_map_is_few_statements_however_many_cases(story: Story, large: None) -> None:
    for _ in range(3):
        story.receives().goes_through(*DISPATCHED)
    keeping.refresh(story.sessions)
    supervisor = story.with_role("supervisor")
    seen(story, supervisor)
    with statements(story.sessions) as asked:
        seen(story, supervisor)
    assert len(asked) == 4
    assert not any(" history" in one or " user_task" in one for one in asked)


def test_pages_hold_each_case_once_the_newest_first(
    story: Story, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living_map_cases, "PAGE", 2)
    monkeypatch.setattr(living_map_cases, "_FIRST", 1)
    numbers = []
    for _ in range(5):
        story.receives().passes(hours=1)
        numbers.append(story.number)
    keeping.refresh(story.sessions)
    pages = [listed(story, "complete_record", page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [one for page in pages for one in page] == numbers[::-1]


def test_months_of_a_period() -> None:
    assert months.later("2026-11", 2) == "2027-01"
    assert months.later("2026-01", -13) == "2024-12"
