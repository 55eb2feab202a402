"""Working together on a case: who is here, notes, opinions, watching; without JavaScript."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, Note, Opinion, Watch
from tests.story import Story
from tests.web.staff import Officer, office, statements, title

HANDLER, CLERK, SUPERVISOR, ASKED, ELSEWHERE = (
    "shui.dian",
    "li.zhi",
    "du.cheng",
    "zhu.jian",
    "jing.ning",
)
OWN = "//main//form[@data-main]"
NOTE = "//form[contains(@action,'/notes')]"
UNIT, QUESTION = "housing_bureau", "灯杆在小区红线内，产权归谁？"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def handling(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch", "sign")


def page(story: Story) -> str:
    return f"/cases/{story.number}"


def present(officer: Officer) -> list[str]:
    return [one.text_content() for one in officer.tree.xpath("//ul[@data-presence]/li")]


def test_who_is_on_the_page_now_is_told_to_the_others(app: APIFlask, handling: Story) -> None:
    handler, supervisor = Officer(app, HANDLER), Officer(app, SUPERVISOR)
    handler.opens(page(handling))
    assert present(handler) == []
    handling.clock.advance(minutes=2)
    supervisor.opens(page(handling))
    assert present(supervisor) == ["水典常（演示） 正在看这一件，2 分钟前"]
    handler.opens(f"/tasks/{handling.task('contact_citizen').id}")
    assert present(handler) == ["杜成言（演示） 正在看这一件"]
    handling.clock.advance(minutes=6)
    supervisor.opens(page(handling))
    assert present(supervisor) == []
    english = Officer(app, CLERK, "en")
    english.opens(page(handling))
    assert present(english)[0].endswith("is looking at this case")


@pytest.mark.slow
def test_a_page_left_open_goes_on_saying_so(app: APIFlask, handling: Story) -> None:
    handler, supervisor = Officer(app, HANDLER), Officer(app, SUPERVISOR)
    handler.opens(page(handling))
    token = handler.tree.xpath("//ul/@data-token")[0]
    handling.clock.advance(minutes=4)
    assert handler.client.post(f"{page(handling)}/presence").status_code == 400
    assert handler.sends(f"{page(handling)}/presence", {"csrf_token": token}).status_code == 200
    handling.clock.advance(minutes=4)
    supervisor.opens(page(handling))
    assert present(supervisor) == ["水典常（演示） 正在看这一件，4 分钟前"]
    stranger = Officer(app, ELSEWHERE)
    stranger.opens("/inbox")
    token = stranger.form("//form")[1]["csrf_token"]
    sent = stranger.sends(f"{page(handling)}/presence", {"csrf_token": token})
    assert sent.status_code == 403


def test_presence_costs_one_statement_to_write_and_one_to_read(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(page(handling))
    with statements(sessions) as asked:
        handler.opens(page(handling))
    assert not [text for text in asked if text.startswith("INSERT INTO presence")], "just noted"
    assert len([text for text in asked if "presence" in text]) == 1
    handling.clock.advance(minutes=1)
    with statements(sessions) as asked:
        handler.opens(page(handling))
    assert len([text for text in asked if text.startswith("INSERT INTO presence")]) == 1


def test_a_note_is_written_from_the_case_and_from_the_task(app: APIFlask, handling: Story) -> None:
    handler, clerk = Officer(app, HANDLER), Officer(app, CLERK)
    handler.opens(page(handling))
    handler.fills(NOTE, text="@du.cheng 周三去现场")
    assert handler.page.location.startswith(page(handling))
    handler.follows()
    assert "@du.cheng 周三去现场" in handler.text
    assert "提到 杜成言（演示）" in handler.text
    task = f"/tasks/{handling.task('contact_citizen').id}"
    handler.opens(task)
    assert "周三去现场" in handler.text
    handler.fills(NOTE, text="带上图纸")
    assert handler.page.location.startswith(task)
    clerk.opens(page(handling))
    assert "带上图纸" in clerk.text
    assert "写了内部备注" in clerk.text


def test_colleagues_are_picked_without_javascript(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(page(handling))
    assert handler.fills(NOTE, text="请看一下", pick="1").status_code == 200
    assert "请看一下" in handler.tree.xpath("//textarea[@id='text']")[0].text
    offered = handler.tree.xpath("//input[@name='mention']/@value")
    assert SUPERVISOR in offered
    assert not {HANDLER, ELSEWHERE, "guan.li"} & set(offered)
    handler.fills(OWN, mention=[SUPERVISOR])
    handler.follows()
    assert "提到 杜成言（演示）" in handler.text


@pytest.mark.slow
def test_a_refused_note_keeps_what_was_typed(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    for typed, words in (("", "写一句话"), ("@jing.ning 来", "不在能看这一件的同事里")):
        handler.opens(f"{page(handling)}/notes")
        answer = handler.fills(OWN, text=typed)
        assert answer.status_code == 422
        assert title(answer).startswith("错误：")
        assert words in handler.tree.xpath("//div[@class='errors']")[0].text_content()
        assert (handler.tree.xpath("//textarea[@id='text']")[0].text or "").strip() == typed
    with reading(sessions) as session:
        assert session.scalars(select(Note)).all() == []


@pytest.mark.slow
def test_a_note_sent_twice_is_written_once(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(page(handling))
    action, values = handler.form(NOTE)
    for _ in range(2):
        assert handler.sends(action, {**values, "text": "一次就够"}).status_code == 303
    with reading(sessions) as session:
        assert len(session.scalars(select(Note)).all()) == 1


def test_watching_is_one_button(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    clerk = Officer(app, CLERK)
    clerk.opens(page(handling))
    clerk.fills("//form[contains(@action,'/watch')]")
    clerk.follows()
    assert "已关注" in clerk.text
    assert "1 人关注" in clerk.text
    clerk.opens("/day")
    assert handling.number in clerk.tree.xpath("//section[@id='watched']")[0].text_content()
    clerk.opens(page(handling))
    clerk.fills("//form[contains(@action,'/unwatch')]")
    with reading(sessions) as session:
        assert session.scalars(select(Watch)).all() == []
    clerk.opens("/day")
    assert handling.number not in clerk.tree.xpath("//section[@id='watched']")[0].text_content()


def test_another_unit_is_asked_and_its_answer_stands_at_the_case(
    app: APIFlask, handling: Story
) -> None:
    handler, asked = Officer(app, HANDLER), Officer(app, ASKED)
    handler.opens(page(handling))
    form = handler.tree.xpath("//a[normalize-space()='征求意见']/@href")[0]
    handler.opens(form)
    assert "3 个工作日" in handler.text
    assert handler.fills(OWN, unit="", question="").status_code == 422
    handler.fills(OWN, unit=UNIT, question=QUESTION)
    handler.follows()
    assert QUESTION in handler.text
    assert handler.tree.xpath("//section[@id='opinions']//*[contains(@class,'due')]")
    task = handling.task("give_opinion")
    asked.opens("/inbox")
    assert str(task.id) in asked.page.text
    asked.opens(f"/tasks/{task.id}")
    assert QUESTION in asked.tree.xpath("//section[@id='question']")[0].text_content()
    asked.fills(position="conditions", answer="产权归小区，断电前三天告诉我们。")
    assert asked.page.status_code == 303
    handler.opens(page(handling))
    said = handler.tree.xpath("//section[@id='opinions']")[0].text_content()
    assert "有条件同意" in said
    assert "断电前三天告诉我们" in said


@pytest.mark.slow
def test_a_question_is_taken_back(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(f"{page(handling)}/opinions")
    handler.fills(OWN, unit=UNIT, question=QUESTION)
    handler.follows()
    back = "//form[contains(@action,'/withdrawal')]"
    action, values = handler.form(back)
    handler.sends(action, values)
    handler.follows()
    assert "已撤回" in handler.text
    with reading(sessions) as session:
        assert session.scalars(select(Opinion)).one().withdrawn_at is not None
    again = handler.sends(action, {**values, "request_token": "another"})
    assert again.status_code == 303
    handler.follows()
    assert "对方刚回复了，或者已经撤回" in handler.text


def test_the_unit_asked_sees_the_matter_and_not_the_person(app: APIFlask, handling: Story) -> None:
    with transaction(handling.sessions) as session:
        session.execute(update(Case).values(confidential=True))
    handling.does("contact_citizen", what="陈女士说她住三单元。")
    handler, asked = Officer(app, HANDLER), Officer(app, ASKED)
    handler.opens(page(handling))
    handler.fills(NOTE, text="三单元的陈女士催得急")
    handler.opens(f"{page(handling)}/opinions")
    handler.fills(OWN, unit=UNIT, question=QUESTION)
    task = handling.task("give_opinion")
    for path in (page(handling), f"/tasks/{task.id}"):
        asked.opens(path)
        assert asked.page.status_code == 200
        assert handling.case.body in asked.text, path
        for secret in ("陈女士", "138****", "1234", "三单元", "催得急", "写了内部备注"):
            assert secret not in asked.page.text, f"{path}: {secret}"
        assert not asked.tree.xpath("//*[@id='notes']")
        assert not asked.tree.xpath("//form[contains(@action,'/watch')]")
    for path in ("notes", "opinions"):
        assert asked.opens(f"{page(handling)}/{path}").status_code == 403
    token = asked.opens("/inbox") and asked.form("//form")[1]["csrf_token"]
    for act in ("notes", "watch", "identity"):
        sent = asked.sends(f"{page(handling)}/{act}", {"csrf_token": token, "text": "看看"})
        assert sent.status_code in {403, 422}, act
        assert "陈女士" not in sent.text
    handling.does("give_opinion", by=ASKED)
    assert asked.opens(page(handling)).status_code == 403


@pytest.mark.slow
def test_questions_to_others_are_not_read(app: APIFlask, handling: Story) -> None:
    handler, asked = Officer(app, HANDLER), Officer(app, ASKED)
    for unit, question in ((UNIT, QUESTION), ("market_bureau", "店里有没有证？")):
        handler.opens(f"{page(handling)}/opinions")
        handler.fills(OWN, unit=unit, question=question)
    asked.opens(page(handling))
    assert QUESTION in asked.text
    assert "店里有没有证" not in asked.text


@pytest.mark.slow
def test_in_english(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER, "en")
    handler.opens(f"{page(handling)}/opinions")
    handler.fills(OWN, unit=UNIT, question=QUESTION)
    handler.follows()
    for said in ("Opinions", "Internal notes", "The citizen does not see this", "Watch"):
        assert said in handler.text, said
