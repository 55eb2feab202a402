"""The administrator sees what has stopped and lets it run again; machines ask whether we live."""

import dataclasses
import html
import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from engine.commands import deployments
from engine.db import Sessions, connect, reading, transaction
from engine.models import Deadline, Incident, Message
from tests.counting import statements
from tests.databases import WORKFLOWS
from tests.story import Story
from tests.web.site import application, post, sign_in

PAGE = "/operations"
_FIGURE = re.compile(r'<a class="fig[^"]*" href="#\w+">([^<]*)<b>([^<]*)</b><small>([^<]*)')


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def administrator(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "guan.li")
    return client


def deploy_ladder(story: Story, *, faulty: bool) -> None:
    """Deploy the ladder, whose decision asks for a rung that is not in its list if `faulty`."""
    files = deployments.read_folder(WORKFLOWS / "supervision")
    if faulty:
        good = '<outputEntry id="ladder_r0o0"><text>asked_rung</text>'
        bad = '<outputEntry id="ladder_r0o0"><text>["phone"][case.supervisions_before]</text>'
        table = files.decisions["ladder"].decode()
        assert good in table
        files = dataclasses.replace(files, decisions={"ladder": table.replace(good, bad).encode()})
    with transaction(story.sessions) as session:
        deployments.deploy(session, files, by="tests", note="faulty" if faulty else "mended")


def stuck(story: Story) -> Incident:
    """A ladder that cannot start."""
    deploy_ladder(story, faulty=True)
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("phone")
    with reading(story.sessions) as session:
        return session.scalars(select(Incident)).one()


def figures(client: FlaskClient) -> dict[str, tuple[str, str]]:
    """Label -> value, note."""
    return {label: (n, note) for label, n, note in _FIGURE.findall(client.get(PAGE).text)}


@pytest.mark.both
def test_a_faulty_diagram_becomes_an_incident_that_is_shown_and_retried(
    administrator: FlaskClient, story: Story
) -> None:
    incident = stuck(story)
    assert "phone" not in story.waiting_for
    page = html.unescape(administrator.get(PAGE).text)
    assert "choose_first_rung" in page
    assert "清单里没有这一项" in page
    assert story.number in page
    assert figures(administrator)["停住的一步"][0] == "1"
    one = html.unescape(administrator.get(f"{PAGE}/incidents/{incident.id}").text)
    assert incident.reason in one
    assert "等您处理" in one

    deploy_ladder(story, faulty=False)
    retry = f"{PAGE}/incidents/{incident.id}/retry"
    answer = post(administrator, retry, page=PAGE)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "再做一次：后台几秒内接着做" in administrator.get(PAGE).text
    story.worker.drain()
    assert "phone" in story.waiting_for, "the ladder has started after all"
    assert figures(administrator)["停住的一步"][0] == "0"
    again = post(administrator, retry, page=PAGE)
    assert again.status_code == 409
    assert "没有再做一次：管理齐（演示）" in again.text
    assert "处理过" in administrator.get(f"{PAGE}/incidents/{incident.id}").text


def test_what_fails_again_is_a_new_incident(administrator: FlaskClient, story: Story) -> None:
    incident = stuck(story)
    post(administrator, f"{PAGE}/incidents/{incident.id}/retry", page=PAGE)
    story.worker.drain()
    with reading(story.sessions) as session:
        found = session.scalars(select(Incident).order_by(Incident.id)).all()
    assert [one.resolved_at is None for one in found] == [False, True]
    assert figures(administrator)["停住的一步"][0] == "1"


def test_a_stuck_message_holds_up_nobody_else(story: Story) -> None:
    stuck(story)
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    assert story.waiting_for == {"contact_citizen"}
    with reading(story.sessions) as session:
        held = session.scalars(select(Message).where(Message.delivered_at.is_(None))).one()
    assert held.incident_id is not None


@pytest.mark.parametrize("login", ["du.cheng", "shui.dian", "she.ji"])
def test_only_administrators_open_it(app: APIFlask, story: Story, login: str) -> None:
    incident = stuck(story)
    client = app.test_client()
    sign_in(client, login)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}/incidents/{incident.id}").status_code == 403
    answer = post(client, f"{PAGE}/incidents/{incident.id}/retry", page="/definitions")
    assert answer.status_code == 403
    with reading(story.sessions) as session:
        assert session.get_one(Incident, incident.id).resolved_at is None


def test_an_unknown_incident_is_not_found(administrator: FlaskClient) -> None:
    unknown = "01a20076-c74c-70f2-86b5-d39f26ac2af0"
    assert administrator.get(f"{PAGE}/incidents/{unknown}").status_code == 404


def test_workers_are_alive_or_late_in_words(administrator: FlaskClient, story: Story) -> None:
    assert figures(administrator)["后台"][0] == "没有在跑"
    assert "从来没有后台报到过。" in administrator.get(PAGE).text
    story.worker.beat()
    story.clock.advance(seconds=4)
    assert figures(administrator)["后台"] == ("正常", "1 个，4 秒前有心跳")
    story.clock.advance(minutes=3)
    assert figures(administrator)["后台"][0] == "没有在跑"
    assert "没有心跳</span>" in administrator.get(PAGE).text


@pytest.mark.both
def test_what_waits_is_counted_and_what_is_late_stands_out(
    administrator: FlaskClient, story: Story, sessions: Sessions
) -> None:
    story.receives()
    assert figures(administrator)["等着到期的时限"] == ("1", "没有迟的")
    story.clock.advance(hours=3)
    assert figures(administrator)["等着到期的时限"] == ("1", "1 条过了 30 秒")
    with transaction(sessions) as session:
        until = story.clock.at.replace(year=2030)
        session.execute(update(Deadline).values(claimed_until=until))
    page = re.sub(r"\s+", "", administrator.get(PAGE).text)
    waits = r'到期时限</th><tdclass="r">1</td><tdclass="r">1</td><tdclass="rlate">1</td>'
    assert re.search(waits, page), "waiting, leased, late"
    with transaction(sessions) as session:
        session.execute(update(Deadline).values(claimed_until=None))
    story.worker.drain()
    assert figures(administrator)["等着到期的时限"] == ("0", "没有迟的")


def test_a_notice_that_cannot_be_sent_is_seen(
    administrator: FlaskClient, story: Story, tmp_path: Path
) -> None:
    story.worker.sender.path = tmp_path / "no such folder" / "notices.jsonl"  # type: ignore[attr-defined]
    story.receives().goes_through("complete_record", "screen", "dispatch")
    value, note = figures(administrator)["没发出的通知"]
    assert int(value) >= 1
    assert note == f"{value} 条发送失败"


@pytest.mark.both
def test_the_calendar_says_which_years_are_official(administrator: FlaskClient) -> None:
    page = re.sub(r"\s+", "", administrator.get(PAGE).text)
    assert '2026年</dt><dd><spanclass="tagtag--ok">正式' in page
    assert "2027年放假安排还没发布。" in page
    assert '2027年</dt><dd><spanclass="tagtag--soon">暂定' in page


def test_a_dozen_statements_whatever_waits(
    administrator: FlaskClient, sessions: Sessions, story: Story
) -> None:
    for _ in range(3):
        story.receives()
    administrator.get(PAGE)
    with statements(sessions) as sent:
        administrator.get(PAGE)
    assert len(sent) <= 14, sent


def test_the_process_says_it_lives(app: APIFlask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text.strip()) == (200, "ok")
    assert answer.content_type.startswith("text/plain")


@pytest.mark.both
def test_it_is_ready_while_a_worker_beats(app: APIFlask, story: Story) -> None:
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["worker"]})
    story.worker.beat()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True})
    story.clock.advance(seconds=30)
    assert client.get("/readyz").status_code == 200, "thirty seconds are still fresh"
    story.clock.advance(seconds=1)
    told = {"ready": False, "missing": ["worker"], "gone": [story.worker.name]}
    assert client.get("/readyz").json == told


def test_it_is_not_ready_without_its_tables_or_its_database(tmp_path: Path) -> None:
    empty = connect(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = application(empty, tmp_path).test_client().get("/readyz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["migration"])
    away = connect("postgresql://nobody:secret@127.0.0.1:9/away")
    answer = application(away, tmp_path).test_client().get("/readyz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["database"])
    assert "secret" not in answer.text
    for sessions in (empty, away):
        sessions.kw["bind"].dispose()


def test_the_page_reads_in_english(administrator: FlaskClient, story: Story) -> None:
    stuck(story)
    story.worker.beat()
    page = administrator.get(f"{PAGE}?lang=en").text
    for words in ("Stuck steps", "Alive", "Retry", "Deadlines ahead"):
        assert words in page
