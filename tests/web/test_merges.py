"""Duplicates: proposed to the screener, joined with one click, shown together, freed again."""

from pathlib import Path

import pytest
from apiflask import APIFlask

from engine.clock import Held
from engine.db import Sessions, transaction
from engine.identity import Vault
from engine.models import Case, CaseStatus
from engine.queries import alike
from tests.story import TITLE, Story
from tests.web.staff import Officer, office, statements

SCREENER, HANDLER = "chu.mi", "shui.dian"
UNDO = "//form[contains(@action,'/unmerge')]"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def joined(story: Story) -> tuple[Story, str]:
    """A lamp reported twice; the second joined the first, whose number is given."""
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    main = story.number
    story.receives(title="路灯不亮", name="李先生", phone="13900000002")
    story.does("complete_record").does("screen", opinion="duplicate", matter=main)
    return story, main


def test_the_screener_is_shown_what_is_alike_and_joins_it(app: APIFlask, story: Story) -> None:
    story.receives(title="公交晚点", body="末班公交晚了半小时，站台没有通知。", phone="13900000003")
    story.does("complete_record", title="公交晚点", place="火车站")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    main = story.number
    story.receives(name="李先生").does("complete_record", title="解放东路有盏路灯不亮")
    screener = Officer(app, SCREENER)
    screener.opens(f"/tasks/{story.task('screen').id}")
    panel = screener.tree.xpath("//section[starts-with(h2,'很像的诉求')]")[0].text_content()
    assert main in panel
    assert "同一地点" in panel
    assert "公交晚点" not in panel
    button = screener.tree.xpath("//button[starts-with(@value,'matter=')]")[0]
    assert main in button.get("data-fill")
    _, values = screener.form()
    screener.sends(button.get("formaction"), values | {"take": button.get("value")})
    assert screener.tree.xpath("//input[@name='answer.opinion'][@checked]/@value") == ["duplicate"]
    screener.fills()
    assert screener.page.status_code == 303
    assert story.case.status == CaseStatus.MERGED


def test_likeness_is_asked_of_the_office_and_of_late(
    story: Story, sessions: Sessions, held: Held
) -> None:
    story.receives().goes_through("complete_record")
    actor = story.actor(SCREENER)

    def found(**said: str) -> list[str]:
        asked = {"title": TITLE, "place": "解放东路", "category": "urban"} | said
        with transaction(sessions) as session:
            return [one.number for one in alike.found(session, actor, "jdz_office", **asked)]

    assert found() == [story.number]
    assert found(place="", category="") == [story.number], "by the title alone"
    assert found(title="门口积水", category="water") == [], "by the place alone it is not"
    assert found(title="路灯坏了") == [story.number], "with the place and a word it is"
    assert found(title="", place="") == []
    assert found(title="%_!'", place="") == []
    with statements(sessions) as asked:
        found()
    assert len(asked) <= 2
    with transaction(sessions) as session:
        session.get_one(Case, story.case.id).accused_key = "jdz_office"
    assert found() == [], "not what one may not see"
    with transaction(sessions) as session:
        session.get_one(Case, story.case.id).accused_key = None
    held.advance(days=61)
    assert found(title="路灯坏了") == [], "what is longer ago must be much like it"
    assert found() == [story.number]


def test_the_matter_is_shown_on_each_of_its_cases(app: APIFlask, joined: tuple[Story, str]) -> None:
    story, main = joined
    screener = Officer(app, SCREENER)
    for number in (main, story.number):
        screener.opens(f"/cases/{number}")
        panel = screener.tree.xpath("//section[@id='matter']")[0].text_content()
        assert "2 件并在一起" in panel
        assert main in panel
        assert story.number in panel
    assert len(screener.tree.xpath(UNDO)) == 1


def test_undoing_sends_the_case_on_by_itself(app: APIFlask, joined: tuple[Story, str]) -> None:
    story, main = joined
    screener = Officer(app, SCREENER)
    screener.opens(f"/cases/{main}")
    screener.fills(UNDO, reason=" ")
    assert screener.page.status_code == 422
    assert "写明为什么撤销" in screener.text
    screener.fills("//form[@data-main]", reason="不是同一盏灯。")
    assert screener.page.status_code == 422, "the control is named reason, not answer.reason"
    action, values = screener.form("//form[@data-main]")
    sent = {**values, "reason": "不是同一盏灯。"}
    sent.pop("answer.reason", None)
    screener.sends(action, {**sent, "request_token": "another"})
    assert screener.page.location == f"/cases/{story.number}"
    screener.follows()
    assert "撤销了并案" in screener.text
    assert not screener.tree.xpath("//section[@id='matter']")
    assert story.case.status == CaseStatus.OPEN
    assert story.waiting_for & {"dispatch", "sign"}
    again = screener.sends(action, {**sent, "request_token": "a third"})
    assert again.status_code == 422
    assert "没有并入别的诉求" in screener.text


def test_who_may_not_undo(app: APIFlask, joined: tuple[Story, str]) -> None:
    story, main = joined
    handler = Officer(app, HANDLER)
    handler.opens(f"/cases/{main}")
    assert handler.page.status_code == 200
    assert not handler.tree.xpath(UNDO)
    _, tokens = handler.form("//form[contains(@action,'sign-out')]")
    answer = handler.sends(f"/cases/{story.number}/unmerge", {**tokens, "reason": "试试"})
    assert answer.status_code == 403
    assert story.case.status == CaseStatus.MERGED


def test_in_english(app: APIFlask, joined: tuple[Story, str]) -> None:
    screener = Officer(app, SCREENER, "en")
    screener.opens(f"/cases/{joined[1]}")
    for said in ("The same matter", "Main case", "Joined", "Undo the merge"):
        assert said in screener.text, said
