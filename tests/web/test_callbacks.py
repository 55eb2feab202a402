"""The callback desk: who is to be called now, what was tried, and what each call leads to."""

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine.db import Sessions, reading
from engine.identity import Vault
from engine.models import Callback, Case, Contact, IdentityView, UserTask
from tests.story import PHONE, TITLE, Story
from tests.web.staff import Officer, office, title

CALLER, HANDLER = "hui.yin", "shui.dian"
SAID = {"answer.contacted": "yes", "answer.result": "solved", "answer.satisfaction": "4"}
ANSWERED = (
    *("complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle"),
    *("write_answer", "review_answer", "answer_directly"),
)


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def caller(app: APIFlask) -> Officer:
    return Officer(app, CALLER)


def answered(story: Story, **said: Any) -> Story:
    return story.receives(**said).goes_through(*ANSWERED)


def calls(caller: Officer, *, reached: bool = True, **answers: Any) -> Any:
    """Fill in the form of the open page and press one of its two buttons."""
    action, values = caller.form()
    pressed = {"answer.reached_citizen": "true" if reached else "false"}
    return caller.sends(action, {**values, **pressed, **answers})


def attempts(sessions: Sessions) -> list[Callback]:
    with reading(sessions) as session:
        return list(session.scalars(select(Callback).order_by(Callback.id)))


def test_the_next_one_stands_there_with_its_evidence(caller: Officer, story: Story) -> None:
    caller.opens("/callbacks")
    assert "都打完了" in caller.text
    answered(story)
    caller.opens("/callbacks")
    assert title(caller.page).startswith(f"(1) 回访：{TITLE}")
    for said in (
        "现在是上午",
        "第一次打",
        "陈女士 138****1234",
        "不是办这件事的单位",
        "市政维护处已更换灯泡",
        "市政公用事业局",
        "现在能打的 1",
        "答复于 11月2日",
    ):
        assert said in caller.text, said
    assert PHONE not in caller.page.text
    questions = [" ".join(one.text_content().split()) for one in caller.tree.xpath("//legend")]
    assert questions[0].startswith("承办单位联系过您吗？")
    assert questions[1].startswith("问题解决了吗？")
    assert caller.tree.xpath("//input[@name='answer.band'][@checked]/@value") == ["morning"]
    assert not caller.tree.xpath("//*[@data-if-field='reached_citizen']")


def test_the_number_is_shown_once_and_written_down(
    app: APIFlask, caller: Officer, story: Story, sessions: Sessions
) -> None:
    answered(story)
    caller.opens("/callbacks")
    action, values = caller.form("//form[contains(@action,'/identity')]")
    fragment = caller.client.post(action, data=values, headers={"HX-Request": "true"})
    assert PHONE in fragment.text
    assert "<html" not in fragment.text
    caller.sends(action, values)
    assert caller.tree.xpath("//a[starts-with(@href,'tel:')]/@href") == [f"tel:{PHONE}"]
    assert caller.form(), "the form is still there, without JavaScript too"
    with reading(sessions) as session:
        views = session.scalars(select(IdentityView)).all()
        task = session.get_one(UserTask, story.task("callback").id)
    me = story.actor(CALLER).id
    assert [(one.viewed_by, one.purpose) for one in views] == [(me, "回访"), (me, "回访")]
    assert task.assignee_id == me, "and nobody else calls meanwhile"
    caller.opens("/callbacks?view=mine")
    assert PHONE not in caller.page.text


def test_solved_ends_the_case(caller: Officer, story: Story, sessions: Sessions) -> None:
    answered(story)
    answered(story, name="李先生", phone="13900000002")
    first = story.case.title
    caller.opens("/callbacks")
    calls(caller, **SAID)
    caller.follows()
    assert f"{first}：记下了。" in caller.text
    assert title(caller.page).startswith("(1) 回访：")
    (one,) = attempts(sessions)
    assert (one.reached, one.result, one.satisfaction, one.contacted, one.band) == (
        True,
        "solved",
        4,
        True,
        "morning",
    )


def test_not_reached_comes_back_in_another_band(
    caller: Officer, story: Story, sessions: Sessions
) -> None:
    answered(story)
    caller.opens("/callbacks")
    calls(caller, reached=False, **{"answer.result": "solved", "answer.contacted": "yes"})
    caller.follows()
    assert "没接通，排到别的时段或改天再打" in caller.text
    (one,) = attempts(sessions)
    assert (one.reached, one.result, one.satisfaction) == (False, "", None)
    story.passes(hours=6)
    while "callback" not in story.waiting_for:
        story.passes(hours=20)
    caller.opens("/callbacks?view=all")
    assert "没接通" in caller.text


def test_called_in_this_band_today_is_said(caller: Officer, story: Story) -> None:
    answered(story)
    story.passes(hours=1)
    caller.opens("/callbacks")
    calls(caller, reached=False)
    for _ in range(3):
        if "callback" in story.waiting_for:
            break
        story.passes(minutes=1)
    if "callback" in story.waiting_for:  # the diagram may wait for the next day itself
        caller.opens("/callbacks")
        assert "还有 1 个要在别的时段打" in caller.text or "能打的了" in caller.text


def test_unsolved_goes_back_and_a_suggestion_becomes_a_case(
    caller: Officer, story: Story, sessions: Sessions
) -> None:
    answered(story)
    caller.opens("/callbacks")
    answers = {**SAID, "answer.result": "unsolved", "answer.satisfaction": "1"}
    calls(caller, **answers, **{"answer.suggestion": "巷口也该装一盏灯。"})
    caller.follows()
    assert "没有办好，回到办理" in caller.text
    assert "新的意见另立了一件" in caller.text
    assert "sign" in story.waiting_for
    with reading(sessions) as session:
        fresh = session.scalars(select(Case).order_by(Case.id)).all()[1]
        contact = session.scalars(select(Contact).where(Contact.case_id == fresh.id)).one()
    assert (fresh.channel, fresh.body) == ("callback", "巷口也该装一盏灯。")
    assert contact.origin_case_id == story.case.id


def test_faults_keep_what_was_written(caller: Officer, story: Story, sessions: Sessions) -> None:
    answered(story)
    caller.opens("/callbacks")
    calls(caller, **{"answer.note": "对方在开会，简短说了几句。"})
    assert caller.page.status_code == 422
    assert title(caller.page).startswith("错误：")
    assert "#f-result" in caller.tree.xpath("//*[@class='errors']//a/@href")
    assert "对方在开会" in caller.page.text
    assert attempts(sessions) == []
    calls(caller, **SAID)
    assert caller.page.status_code == 303


def test_two_callers_on_one_citizen(app: APIFlask, caller: Officer, story: Story) -> None:
    answered(story)
    caller.opens("/callbacks")
    action, values = caller.form()
    _, looking = caller.form("//form[contains(@action,'/identity')]")
    story.does("callback", result="unsolved")
    values = {**values, **SAID, "answer.reached_citizen": "true", "answer.note": "说得很细"}
    assert caller.sends(action, values).status_code == 409
    assert "别人先记了这一次" in caller.text
    assert "说得很细" in caller.page.text
    assert caller.sends(f"{action.split('?')[0]}/identity", looking).status_code == 409
    assert PHONE not in caller.page.text


def test_a_call_about_a_closed_case_is_refused_in_words(caller: Officer, story: Story) -> None:
    answered(story)
    caller.opens("/callbacks")
    action, values = caller.form()
    story.does("callback")
    values = {**values, **SAID, "answer.reached_citizen": "true", "answer.note": "说得很细"}
    assert caller.sends(action, values).status_code == 422
    assert "这一件已经办结，回访不再登记" in caller.text
    assert "说得很细" in caller.page.text


def test_the_same_call_sent_twice_is_one_attempt(
    caller: Officer, story: Story, sessions: Sessions
) -> None:
    answered(story)
    caller.opens("/callbacks")
    action, values = caller.form()
    values = {**values, **SAID, "answer.reached_citizen": "true"}
    assert caller.sends(action, values).status_code == 303
    assert caller.sends(action, values).status_code == 303
    assert len(attempts(sessions)) == 1


def test_outside_the_bands_nobody_is_rung_up(caller: Officer, story: Story) -> None:
    answered(story)
    story.passes(hours=14)
    caller.opens("/callbacks")
    assert "现在不在打电话的时段里" in caller.text
    assert "还有 1 个要在别的时段打" in caller.text
    caller.opens("/callbacks?view=all")
    assert TITLE in caller.text


def test_other_tasks_and_other_people_have_no_place_here(app: APIFlask, story: Story) -> None:
    answered(story)
    callback = story.task("callback").id
    handler = Officer(app, HANDLER)
    assert handler.opens("/callbacks").status_code == 403
    handler.opens("/start")
    _, tokens = handler.form("//form[contains(@action,'sign-out')]")
    for path in (f"/callbacks/{callback}", f"/callbacks/{callback}/identity"):
        assert handler.sends(path, tokens).status_code == 403
    story.receives()
    other = story.task("complete_record").id
    caller = Officer(app, CALLER)
    assert caller.opens(f"/callbacks?task={other}").status_code in {403, 404}
    assert caller.opens("/callbacks?task=nonsense&view=nonsense&page=0").status_code == 200


def test_in_english(app: APIFlask, story: Story) -> None:
    answered(story)
    caller = Officer(app, CALLER, "en")
    caller.opens("/callbacks")
    for said in ("What the unit claims", "Save and call the next", "Now: Morning"):
        assert said in caller.text, said
