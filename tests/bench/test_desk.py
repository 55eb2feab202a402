"""The benchmark of the desk: a crowd is what it says it is, and its pages are those of people."""

import pytest
from sqlalchemy import func, select

from engine.bench import city, crowd, desk
from engine.db import reading
from engine.models import Case, CaseStatus, Identity, Person, UserTask
from tests.databases import server
from web.cli import browsing

PLAYED = 12

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_crowd_is_filled_measured_and_removed(tmp_path, kind):
    named = server() if kind == "postgresql" else None
    told = desk.run(
        tmp_path, 400, 40, server=named, pattern=PLAYED, pages=20, through=browsing.milliseconds
    )
    assert told["cases"] >= 400
    assert told["open_tasks"] >= 30
    for name in ("page", "search", "duplicates"):
        assert 0 < told["median_ms"][name] <= told[f"{name}_ms_p95"] <= told["most_ms"][name]
    assert told["like"]["median_ms"] > 0
    assert set(told["through_http_ms"]) == set(browsing.PAGES)
    assert not list(tmp_path.iterdir())


def test_a_crowd_is_old_cases_and_new_work_of_many_people(templates, tmp_path):
    with templates["sqlite"].copy(tmp_path) as url:
        with city.opened(url) as here:
            here.play(PLAYED, 30)
        crowd.fill(url, 300, 30, lambda _text: None)
        with city.opened(url) as here, reading(here.sessions) as session:
            cases = session.scalars(select(Case).order_by(Case.id)).all()
            copies = [one for one in cases if one.id.bytes[0] == 0]
            assert copies[0].status != CaseStatus.OPEN
            assert {one.status for one in copies[-PLAYED:]} >= {CaseStatus.OPEN}
            assert len({one.place for one in copies}) > len({one.place for one in cases[-PLAYED:]})
            shared = select(Identity.phone_hmac).group_by(Identity.phone_hmac)
            most = session.scalars(shared.having(func.count() > PLAYED)).all()
            assert [one for one in most if one] == [], "each copy has phones of its own"
            closers = set(session.scalars(select(UserTask.closed_by))) - {None}
            assert closers <= set(session.scalars(select(Person.id)))
            assert len(closers) > len(desk._actors(here)), "more than really work there"
