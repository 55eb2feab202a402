"""One interview for the units that come last: whom the ranking offers, and what calling does."""

from datetime import datetime
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.commands import figures
from engine.db import Sessions, reading, transaction
from engine.models import CalledInterview, CalledUnit, Case, Supervision, UserTask
from tests.engine.rates.constructed import CHINA, Constructed
from tests.story import Story
from tests.web.site import application, post, sign_in

PAGE = "/supervision/interviews"
MEETING = {"held_at": "2026-11-04T09:30", "place": "市民中心 402 室"}
ASKED = {"rate": "closing_of_received", "month": "2026-10"}


@pytest.fixture
def leader(sessions: Sessions, story: Story, tmp_path: Path) -> FlaskClient:
    app: APIFlask = application(sessions, tmp_path)
    client = app.test_client()
    sign_in(client, "du.cheng")
    return client


@pytest.fixture
def ranked(sessions: Sessions, story: Story) -> Constructed:
    """Three units with enough cases, and one without."""
    made = Constructed(sessions)
    for unit, closed, left in (
        ("utilities_bureau", 28, 4),
        ("housing_bureau", 12, 20),
        ("market_bureau", 6, 25),
        ("traffic_police", 0, 9),
    ):
        made.cases(closed, "closed", unit_key=unit).cases(left, unit_key=unit)
    figures.refresh(sessions)
    return made


def test_nobody_is_offered_where_nobody_is_ranked(leader: FlaskClient) -> None:
    assert "这个月没有可排名的单位" in leader.get(f"{PAGE}?month=2001-01").text
    assert leader.get(f"{PAGE}?rate=no_such").status_code == 404


def test_the_last_are_called_together_each_with_a_ladder_of_its_own(
    leader: FlaskClient, ranked: Constructed, story: Story
) -> None:
    page = leader.get(f"{PAGE}?rate=closing_of_received&month=2026-10").text
    places = [page.index(f'value="{unit}"') for unit in ("market_bureau", "housing_bureau")]
    assert places == sorted(places), "the last first"
    assert 'value="traffic_police"' not in page, "too few cases"
    chosen = ["market_bureau", "housing_bureau"]
    refused = post(leader, PAGE, page=PAGE, unit=chosen[:1], **ASKED)
    assert refused.status_code == 422
    assert "选 2 到 10 个单位" in refused.text
    done = post(leader, PAGE, page=PAGE, unit=[*chosen, "traffic_police"], **ASKED, **MEETING)
    assert (done.status_code, done.location) == (303, "/supervision?rung=interview")
    story.worker.drain()
    with reading(story.sessions) as session:
        call = session.scalars(select(CalledInterview)).one()
        assert call.number == "JT-2026-1"
        assert call.held_at == datetime(2026, 11, 4, 9, 30, tzinfo=CHINA)
        assert "排在最后" in call.reason
        assert call.ground["rate"] == "closing_of_received"
        assert set(session.scalars(select(CalledUnit.unit_key))) == set(chosen)
        ladders = session.scalars(select(Supervision)).all()
        assert {(one.target, one.cause, one.scope) for one in ladders} == {
            (unit, "ranked_last", "unit") for unit in chosen
        }
        of_market = next(one for one in ladders if one.target == "market_bureau")
        assert (of_market.evidence["met"], of_market.evidence["total"]) == (6, 31)
        assert len(of_market.evidence["cases"]) == 25
        tasks = session.scalars(select(UserTask.element).where(UserTask.status == "open")).all()
        assert tasks == ["interview", "interview"]
    shown = leader.get(f"/supervision/{of_market.number}").text
    assert "指标排在最后" in shown
    assert "同时约谈另外 1 个单位" in shown


@pytest.mark.slow
def test_what_is_kept_from_others_is_never_shown_to_a_unit(
    leader: FlaskClient, ranked: Constructed, story: Story
) -> None:
    with transaction(story.sessions) as session:
        for case in session.scalars(select(Case).where(Case.unit_key == "market_bureau")):
            case.confidential = True
    refused = post(
        leader,
        PAGE,
        page=PAGE,
        unit=["market_bureau", "housing_bureau"],
        **ASKED,
        **MEETING,
    )
    assert refused.status_code == 422
    assert "没有可以拿出来说的件" in refused.text
