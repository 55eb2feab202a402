"""A case that goes through several processes, on its pages: the running one is shown."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from lxml import html

from engine.db import Sessions
from engine.identity import Vault
from tests.story import PHONE, Story
from tests.web.site import post
from tests.web.staff import Officer, office


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


def routed(story: Story, route: str, **said: str) -> Story:
    story.receives("qd-sanwo-5", channel="newspaper", title="路口积水半年没人管")
    return story.does("complete_record").does("first_screen", route=route, **said)


def followed(app: APIFlask, story: Story) -> str:
    """What the citizen's page says."""
    assert story.received is not None
    client = app.test_client()
    sent = post(client, "/track", code=story.received.code, digits=PHONE[-4:])
    assert sent.status_code == 303
    page = client.get(sent.location).text
    return " ".join(html.fromstring(page).xpath("//main")[0].text_content().split())


def test_the_case_page_shows_the_process_that_runs_and_all_stages(app, story):
    routed(story, "government").does("dispatch", unit="qd_urban_bureau")
    officer = Officer(app, "fen.liu")
    page = officer.opens(f"/cases/{story.number}")
    assert page.status_code == 200
    assert "政务服务类办理" in officer.text
    assert "分流" in officer.text
    stages = [
        (" ".join(one.text_content().split()), one.get("class") or "")
        for one in officer.tree.xpath("//*[contains(@class, 'stages')]/li")
    ]
    assert len(stages) == 5
    assert (
        officer.tree.xpath("//*[contains(@class, 'stages')]/li[@aria-current]")[0]
        .text_content()
        .startswith("办理")
    )
    story.goes_through("sign", "contact_citizen", "handle", "write_answer", "review_answer")
    story.goes_through("answer_directly", "callback")
    assert officer.opens(f"/cases/{story.number}").status_code == 200
    assert not officer.tree.xpath("//*[contains(@class, 'stages')]/li[@aria-current]")


def test_the_newspaper_no_longer_finds_what_it_led_to_the_discipline_organ(app, story):
    screener = Officer(app, "bo.tao")
    routed(story, "discipline", accused_unit="qd_urban_bureau")
    assert screener.opens(f"/cases/{story.number}").status_code == 404
    assert story.number not in screener.opens("/cases").text
    inspector = Officer(app, "ji.jian")
    assert inspector.opens(f"/cases/{story.number}").status_code == 200
    assert "纪检监察类办理" in inspector.text


def test_the_citizen_of_a_sealed_case_reads_one_neutral_sentence(app, story):
    routed(story, "discipline", accused_unit="qd_urban_bureau")
    said = followed(app, story)
    assert "已经转交有权处理的机关，由它依规办理" in said
    for word in ("纪检", "城市管理局", "积水", "青岛日报", "受理", "初筛"):
        assert word not in said, word


def test_the_citizen_follows_an_open_case_into_its_route(app, story):
    routed(story, "petition")
    said = followed(app, story)
    assert "分流：信访事项" in said
    assert "信访机关正在转送" in said
