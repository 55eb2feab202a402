"""The living map: every number of a deployed diagram opens into exactly its cases."""

import html
import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from tests.story import Story
from tests.web.site import sign_in

DISPATCHED = ("complete_record", "screen", "dispatch")
MAP = "/design/map/appeal"


@pytest.fixture
def designer(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "she.ji")
    return client


def returned_and_late(story: Story) -> None:
    story.receives().goes_through(*DISPATCHED)
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
    story.does("dispatch", unit="housing_bureau")
    story.goes_through("sign", "contact_citizen", "handle").passes(days=8)
    story.receives().goes_through(*DISPATCHED)


def test_each_number_opens_into_as_many_cases(supervisor: FlaskClient, story: Story) -> None:
    returned_and_late(story)
    page = html.unescape(supervisor.get(MAP).text)
    links = re.findall(r'href="(/design/map/appeal/cases\?[^"]+)">(\d+)', page)
    assert {number for _, number in links} == {"1", "2"}
    # Each number once; of the many elements that all cases only passed, some.
    told = [one for one in links if "only=" in one[0]][::3] + links[:3] + links[-2:]
    assert len(told) >= 8
    for address, number in told:
        listed = supervisor.get(address).text
        assert listed.count("<tr>") - 1 == int(number), address
    assert "第 1 版" in page


def test_the_drawing_says_what_the_list_says(supervisor: FlaskClient, story: Story) -> None:
    returned_and_late(story)
    heat = supervisor.get(f"{MAP}/state.json?by=late").json["heat"]
    assert heat["write_answer"]["text"] == "1 件\n超期 100%"
    assert heat["write_answer"]["level"] == 5
    assert heat["sign"] == {**heat["sign"], "level": 1, "text": "2 件"}
    listed = html.unescape(supervisor.get(heat["sign"]["url"]).text)
    assert listed.count("<tr>") - 1 == 2
    again = supervisor.get(f"{MAP}/state.json?by=again").json["heat"]
    assert again["sign"]["text"] == "2 件\n回头 50%"
    assert again["handling"]["text"] == "2 件\n回头 50%", "a stage too"


def test_two_periods_stand_side_by_side(supervisor: FlaskClient, story: Story) -> None:
    returned_and_late(story)
    month = "2026-11"
    both = supervisor.get(f"{MAP}?from={month}&to={month}&from2=2026-10&by=cases").text
    assert "2026年10月" in both
    heat = supervisor.get(f"{MAP}/state.json?from={month}&from2=2026-10&to2=2026-10&by=cases").json
    assert heat["heat"]["sign"]["text"] == "0 → 2 件"
    before = supervisor.get(f"{MAP}/cases?from={month}&from2=2026-10&element=sign&of=2")
    assert before.status_code == 200
    assert "没有这样的件" in before.text


def test_a_designer_sees_numbers_and_no_case(designer: FlaskClient, story: Story) -> None:
    returned_and_late(story)
    page = designer.get(MAP).text
    assert "2 件" in page
    assert f"{MAP}/cases" not in page
    state = designer.get(f"{MAP}/state.json").json["heat"]
    assert state["sign"]["text"].startswith("2 件")
    assert "url" not in state["sign"]
    assert designer.get(f"{MAP}/cases?element=sign").status_code == 403
    assert f'href="{MAP}"' in designer.get("/definitions").text


@pytest.mark.parametrize(
    "asked", ["from=nonsense", "from=2026-13", "from=2026-11&to=2026-10", "from2=x", "by=beauty"]
)
def test_what_cannot_be_shown_is_said_and_the_usual_is_shown(
    supervisor: FlaskClient, story: Story, asked: str
) -> None:
    story.receives()
    page = supervisor.get(f"{MAP}?{asked}")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "1 件" in page.text


def test_what_is_not_there_is_not_found(supervisor: FlaskClient, story: Story) -> None:
    story.receives()
    assert supervisor.get("/design/map/nothing").status_code == 404
    assert supervisor.get(f"{MAP}/cases?element=nothing").status_code == 404
    assert supervisor.get(f"{MAP}/cases?element=screen&only=some").status_code == 422
