"""The pages around promises: calling, confirming, minutes, judging, showing, watching."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import clock
from engine.commands import people
from engine.db import Sessions, reading, transaction
from engine.models import CalledInterview, CalledUnit, Promise, Rectification
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.site import application, post, sign_in

BOARD = "/supervision"
CALL = {"held_at": "2026-11-04T09:30", "place": "市民中心 402 室", "contact": "何敏 0777-12345"}


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def supervisor(app: APIFlask) -> FlaskClient:
    return signed_in(app, "du.cheng")


def signed_in(app: APIFlask, login: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, login)
    return client


def of_the_unit(app: APIFlask, story: Story, unit: str = "utilities_bureau") -> FlaskClient:
    """Somebody of the unit that a ladder is about."""
    with transaction(story.sessions) as session:
        people.add_person(
            session, "unit.one", "韦工", password=PASSWORD, memberships=[(unit, "handler")]
        )
    return signed_in(app, "unit.one")


def ladder(story: Story, rung: str = "interview") -> str:
    """The number of a ladder about a case whose unit is handling it."""
    story.comes_to_handling()
    story.supervises(rung)
    return story.supervisions()[0].number


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def unfolded(text: str) -> list[str]:
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def test_a_unit_is_called_confirms_and_its_interview_is_held(
    app: APIFlask, supervisor: FlaskClient, story: Story
) -> None:
    number = ladder(story)
    issued = post(supervisor, f"{BOARD}/{number}/notice", page=BOARD, **CALL)
    assert issued.status_code == 303
    page = supervisor.get(f"{BOARD}/{number}").text
    assert "市民中心 402 室" in page
    assert "等单位确认" in page
    unit = of_the_unit(app, story)
    told = unit.get("/called").text
    assert "市民中心 402 室" in told
    refused = post(unit, f"{BOARD}/{number}/confirmation", page="/called", coming=" ")
    assert refused.status_code == 422
    assert "写明谁来" in refused.text
    done = post(unit, f"{BOARD}/{number}/confirmation", page="/called", coming="蒋局长")
    assert done.status_code == 303
    assert "单位确认了" in supervisor.get(f"{BOARD}/{number}").text
    again = post(unit, f"{BOARD}/{number}/confirmation", page="/called", coming="别人")
    assert again.status_code == 409
    story.does("interview", attendance="head", promise="两天修好。", cure_by=day(2))
    page = supervisor.get(f"{BOARD}/{number}").text
    assert "谈过了" in page
    assert "主要负责人到场" in page
    assert "两天修好。" in unit.get("/called").text
    with reading(story.sessions) as session:
        assert session.scalars(select(CalledInterview.status)).all() == ["held"]
        assert session.scalars(select(CalledUnit.attendance)).all() == ["head"]
    assert {"interview.called", "interview.confirmed"} <= set(story.events())


@pytest.mark.slow
def test_an_interview_goes_into_a_calendar_and_moves(
    app: APIFlask, supervisor: FlaskClient, story: Story
) -> None:
    number = ladder(story)
    file = f"{BOARD}/{number}/interview.ics"
    assert supervisor.get(file).status_code == 404, "nobody is called yet"
    post(supervisor, f"{BOARD}/{number}/notice", page=BOARD, **CALL)
    post(
        supervisor,
        f"{BOARD}/{number}/notice",
        page=BOARD,
        **(CALL | {"held_at": "2026-11-05T15:00"}),
    )
    got = of_the_unit(app, story).get(file)
    assert got.mimetype == "text/calendar"
    lines = unfolded(got.text)
    assert "DTSTART:20261105T070000Z" in lines
    assert "LOCATION:市民中心 402 室" in lines
    assert "SUMMARY:约谈：市政公用事业局" in lines
    described = next(line for line in lines if line.startswith("DESCRIPTION"))
    assert described.endswith("联系人：何敏 0777-12345")
    with reading(story.sessions) as session:
        states = session.scalars(select(CalledInterview.status).order_by(CalledInterview.id)).all()
    assert states == ["moved", "called"]
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "other.one",
            "别人",
            password=PASSWORD,
            memberships=[("housing_bureau", "handler")],
        )
    other = signed_in(app, "other.one")
    assert other.get(file).status_code == 403
    confirmed = post(other, f"{BOARD}/{number}/confirmation", page="/called", coming="我")
    assert confirmed.status_code == 403
    assert "市民中心" not in other.get("/called").text


def test_a_promise_is_written_down_judged_and_wakes_the_ladder(
    supervisor: FlaskClient, story: Story
) -> None:
    number = ladder(story)
    story.does("interview")
    where = f"{BOARD}/{number}/promises"
    empty = post(supervisor, where, page=BOARD)
    assert empty.status_code == 422
    assert {"p-text", "p-due_on", "p-judged_by"} <= set(re.findall(r'href="#([^"]+)"', empty.text))
    far = {"text": "改。", "due_on": "9999-12-31", "judged_by": "cured"}
    assert post(supervisor, where, page=BOARD, **far).status_code == 422
    said = {"text": "两班巡查。", "who": "覃建军", "due_on": day(1), "judged_by": "by_hand"}
    assert post(supervisor, where, page=BOARD, **said).status_code == 303
    assert "没到期" in supervisor.get(where).text
    story.passes(days=2)
    assert "到期了，兑现没有？" in supervisor.get(where).text
    with reading(story.sessions) as session:
        named = {"promise": session.scalars(select(Promise.id)).one().hex}
    judged = f"{where}/judgement"
    assert post(supervisor, judged, page=BOARD, **(named | {"kept": "no"})).status_code == 422
    seen = named | {"kept": "no", "remark": "去看了，没有排班。"}
    assert post(supervisor, judged, page=BOARD, **seen).status_code == 303
    assert post(supervisor, judged, page=BOARD, **{"promise": "0" * 32}).status_code == 422
    story.worker.drain()
    assert "commitment" in story.waiting_for
    assert "没有排班" in supervisor.get(where).text
    assert "1 条里兑现 0 条" in supervisor.get(f"{BOARD}/{number}").text


def test_what_is_released_everybody_reads_but_nothing_of_a_confidential_case(
    app: APIFlask, supervisor: FlaskClient, story: Story
) -> None:
    anybody = app.test_client()
    assert "现在没有公开的承诺" in anybody.get("/public/promises").text
    number = ladder(story)
    story.does("interview", promise="二十盏灯全亮。", cure_by=day(3))
    assert "二十盏灯全亮" not in anybody.get("/public/promises").text
    with reading(story.sessions) as session:
        named = {"promise": session.scalars(select(Promise.id)).one().hex}
    released = post(supervisor, f"{BOARD}/{number}/promises/release", page=BOARD, **named)
    assert released.status_code == 303
    told = anybody.get("/public/promises").text
    assert "二十盏灯全亮" in told
    assert story.number not in told
    assert "The citizen" not in told
    with transaction(story.sessions) as session:
        case = session.merge(story.case)
        case.confidential = True
    assert "二十盏灯全亮" not in anybody.get("/public/promises").text, "sealed afterwards, too"


def test_a_unit_is_watched_until_it_is_well(supervisor: FlaskClient, story: Story) -> None:
    number = ladder(story)
    story.does("interview")
    where = f"{BOARD}/{number}/rectification"
    wrong = post(supervisor, where, page=BOARD, **{"counts": "x", "at_most": "-1", "months": "0"})
    assert wrong.status_code == 422
    rule = {"counts": "overdue", "at_most": "0", "months": "2"}
    assert post(supervisor, where, page=BOARD, **rule).status_code == 303
    assert post(supervisor, where, page=BOARD, **rule).status_code == 409
    assert "连续 2 个月没有超期" in supervisor.get(f"{BOARD}/{number}").text
    story.passes(days=15).passes(days=16)
    assert story.worker.track_rectification() == 1, "the month in which the case ran out"
    assert story.worker.track_rectification() == 0, "a month is counted once"
    [first] = watched(story)
    assert (first.streak, first.months[0]["kept"]) == (0, False)
    assert first.months[0]["count"] == 1
    for _month in range(2):
        story.passes(days=31)
        assert story.worker.track_rectification() == 1
    [met] = watched(story)
    assert met.streak == 2
    assert met.met_at is not None
    story.passes(days=40)
    assert story.worker.track_rectification() == 0, "it stops"
    page = supervisor.get(f"{BOARD}/units/utilities_bureau").text
    assert "达到了" in page
    assert "没达到，重新起算" in page


def watched(story: Story) -> list[Rectification]:
    with reading(story.sessions) as session:
        return list(session.scalars(select(Rectification)))


@pytest.mark.slow
def test_the_history_of_a_unit_is_whole_and_of_the_own_office(
    app: APIFlask, supervisor: FlaskClient, story: Story
) -> None:
    empty = supervisor.get(f"{BOARD}/units/utilities_bureau").text
    assert "还没有督办过" in empty
    number = ladder(story)
    post(supervisor, f"{BOARD}/{number}/notice", page=BOARD, **CALL)
    story.does("interview", promise="两天修好。", cure_by=day(2))
    page = supervisor.get(f"{BOARD}/units/utilities_bureau").text
    assert number in page
    assert "两天修好。" in page
    assert "市民中心 402 室" in page
    assert "督办 1 次，谈过 1 次" in page
    assert number not in supervisor.get(f"{BOARD}/units/housing_bureau").text
    assert supervisor.get(f"{BOARD}/units/no_such").status_code == 404
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "a.stranger",
            "外人",
            password=PASSWORD,
            memberships=[("police_bureau", "supervisor")],
        )
    stranger = signed_in(app, "a.stranger")
    assert number not in stranger.get(f"{BOARD}/units/utilities_bureau").text
    assert stranger.get(f"{BOARD}/{number}/promises").status_code == 403


def test_the_pages_read_in_english(app: APIFlask, supervisor: FlaskClient, story: Story) -> None:
    number = ladder(story)
    post(supervisor, f"{BOARD}/{number}/notice", page=BOARD, **CALL)
    story.does("interview", promise="两天修好。", cure_by=day(2), judged_by="by_hand")
    story.passes(days=3)
    for path, words in (
        (f"{BOARD}/{number}/promises", "The day has come: was it kept?"),
        (f"{BOARD}/{number}", "0 of 1 kept, 1 not due yet"),
        (f"{BOARD}/units/utilities_bureau", "Supervised 1 time, interviewed 1 time"),
        ("/public/promises", "No public promise now"),
    ):
        page = supervisor.get(f"{path}?lang=en")
        assert page.status_code == 200, path
        assert words in page.text, path
