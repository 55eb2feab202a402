"""What colleagues write for each other never leaves the office, on no page and no paper."""

from pathlib import Path

import pytest
from apiflask import APIFlask

from engine.commands import anchors, notes, opinions, presence, watching
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.queries import api
from tests.engine.test_papers import docx_text, pdf_text
from tests.story import PHONE, Story
from tests.web.citizen import Citizen
from tests.web.staff import Officer, office

HANDLER, CLERK, ASKED = "shui.dian", "li.zhi", "zhu.jian"
NOTE, QUESTION, OPINION = "陈女士脾气急，别惹她", "红线内归谁管甲", "归我们管乙丙"
SECRETS = (NOTE, QUESTION, OPINION, "征求意见", "内部备注", "水典常", "住房和城乡建设局", "关注")
PAGES = ("/track/case", "/track/receipt", "/track/receipt.json")
PUBLIC = ("/", "/public/anchors", "/public/anchors.json", "/public/anchors.txt")


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def discussed(story: Story) -> Story:
    """A case about which much is said within the office, and which is answered."""
    story.receives(phone=PHONE).goes_through("complete_record", "screen", "dispatch", "sign")
    handler, clerk = story.actor(HANDLER), story.actor(CLERK)
    with transaction(story.sessions) as session:
        notes.write(session, story.number, f"@li.zhi {NOTE}", by=handler)
        watching.watch(session, story.number, by=clerk)
        presence.seen(session, story.case.id, handler.id)
        opinions.ask(session, story.number, "housing_bureau", QUESTION, by=handler)
        opinions.ask(session, story.number, "market_bureau", QUESTION, by=handler)
    story.does("give_opinion", by=ASKED, position="agree", answer=OPINION)
    story.passes(days=4)  # the other unit is late
    return story


def follow(app: APIFlask, story: Story) -> Citizen:
    assert story.received is not None
    citizen = Citizen(app).opens("/track")
    return citizen.presses(code=story.received.code, digits=PHONE[-4:])


def test_no_page_of_the_citizen_tells_of_it(app: APIFlask, discussed: Story) -> None:
    anchors.make(discussed.sessions)
    citizen = follow(app, discussed)
    for path in (*PAGES, *PUBLIC):
        shown = citizen.opens(path).page.text
        assert citizen.page.status_code == 200, path
        for secret in SECRETS:
            assert secret not in shown, f"{path}: {secret}"
    assert discussed.number in citizen.opens("/track/case").page.text, "the page is the case's"


@pytest.mark.slow
def test_the_letter_and_the_slip_do_not_carry_it(app: APIFlask, discussed: Story) -> None:
    discussed.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    discussed.does("answer_directly")
    clerk = Officer(app, CLERK)
    for paper in ("slip.docx", "answer.docx", "answer.pdf"):
        content = clerk.opens(f"/cases/{discussed.number}/papers/{paper}").data
        told = pdf_text(content) if paper.endswith("pdf") else docx_text(content)
        for secret in (NOTE, QUESTION, OPINION):
            assert secret not in told, f"{paper}: {secret}"
    citizen = follow(app, discussed)
    for secret in (NOTE, QUESTION, OPINION):
        assert secret not in citizen.opens("/track/case").page.text


def test_what_goes_out_names_no_word_of_it(discussed: Story) -> None:
    sent = discussed.journal.read_text("utf-8")
    assert "opinion_given" in sent
    for secret in (NOTE, QUESTION, OPINION):
        assert secret not in sent


def test_the_interface_does_not_give_it_away(discussed: Story) -> None:
    with reading(discussed.sessions) as session:
        told = str(api.case(session, discussed.actor(CLERK), discussed.number))
    for secret in (NOTE, QUESTION, OPINION):
        assert secret not in told
