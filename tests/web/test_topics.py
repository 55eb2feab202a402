"""Feedback rates by topic: every number opens into exactly its cases."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask

from engine.db import Sessions
from engine.identity import Vault
from tests.story import Story
from tests.web.staff import Officer, office, statements

HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")
_ROW = re.compile(r"<tr><th scope=\"row\">([^<]+)</th>(.*?)</tr>", re.S)
_LINK = re.compile(r'href="(/cases\?[^"]+)"')
_LISTED = re.compile(r'<td class="t">(?:<span[^>]*>[^<]*</span> )?<a href="/cases/([^"]+)"')


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def numbers(story: Story) -> dict[str, str]:
    """Four cases about roads and two others: what became of each -> its number."""
    found = {}

    def routed(what: str, **said: object) -> Story:
        story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
        found[what] = story.number
        return story.does("first_screen", **({"topic": "roads"} | said))

    routed("not sent yet")
    routed("sent").does("dispatch", unit="qd_urban_bureau")
    routed("answered").does("dispatch", unit="qd_urban_bureau")
    story.goes_through(*HANDLED, "answer_directly")
    routed("sealed", route="discipline").goes_through("receive_clue", "handle_clue")
    routed("other topic", topic="parking", route="petition").does("pass_on")
    routed("returned", topic="parking").does("dispatch", unit="qd_urban_bureau")
    story.does("sign", signing="return", return_reason="other_place", legal_basis="三定方案")
    story.does("dispatch", unit="qd_shinan")
    return found


def rows(page: str) -> dict[str, tuple[list[str], str]]:
    """Of each topic the links of its numbers and all that its row says."""
    return {
        name: ([link.replace("&amp;", "&") for link in _LINK.findall(row)], _said(row))
        for name, row in _ROW.findall(page)
    }


def _said(row: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_each_number_opens_into_exactly_its_cases(app, numbers):
    officer = Officer(app, "cui.ban")
    found = rows(officer.opens("/topics").text)
    links, said = found["道路与市政设施"]
    assert said == "2 1 1 50.0% 1/2"
    listed = [set(_LISTED.findall(officer.opens(link).text)) for link in links]
    sent, answered = numbers["sent"], numbers["answered"]
    assert listed == [{sent, answered}, {answered}, {sent}]


def test_a_supervisor_counts_the_cases_of_all_offices_but_none_that_is_sealed(app, numbers):
    officer = Officer(app, "du.cha")
    found = rows(officer.opens("/topics").text)
    links, said = found["停车"]
    assert said == "2 0 2 0.0% 0/2", "sent twice is one case still"
    listed = set(_LISTED.findall(officer.opens(links[0]).text))
    assert listed == {numbers["other topic"], numbers["returned"]}
    assert found["合计"][1] == "4 1 3 25.0% 1/4"
    assert found["教育"][1] == "0 0 0 没有可算的"
    assert numbers["sealed"] not in officer.opens("/cases?topic=roads").text


def test_whoever_sees_none_of_them_is_told_what_to_do(app, numbers):
    page = Officer(app, "du.cheng").opens("/topics")
    assert "还没有带主题的诉求派给部门" in page.text
    assert "初筛时选了主题" in page.text


def test_the_page_speaks_english_too(app, numbers):
    page = Officer(app, "du.cha", "en").opens("/topics")
    assert "Roads and street facilities" in page.text
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r'lang="zh[^>]*>[^<]*', "", page.text))


def test_it_is_for_those_who_supervise(app):
    assert Officer(app, "bo.tao").opens("/topics").status_code == 403


def test_it_takes_few_statements_however_many_cases(app, sessions, numbers):
    officer = Officer(app, "du.cha")
    officer.opens("/topics")
    with statements(sessions) as asked:
        officer.opens("/topics")
    assert len(asked) <= 4
