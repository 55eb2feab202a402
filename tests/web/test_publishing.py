"""The publisher's desk: what was ticked goes out, nothing else, once, with a result for each."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Answer, UserTask
from tests.story import Story
from tests.web.staff import Officer, office, title

PUBLISHER, HANDLER = "fa.bu", "shui.dian"
SAID = {"answer.medium": "晚报", "answer.issue": "第12期", "answer.published_on": "2026-11-09"}


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


def answered(story: Story, how: str = "batch", title: str = "第一盏") -> str:
    """A case whose answer waits to be made public; its number."""
    story.receives(title=title).does("complete_record", title=title).goes_through(
        "screen", "dispatch", "sign", "contact_citizen", "handle", "write_answer"
    )
    story.does("review_answer", by_batch=how == "batch", by_press=how == "press")
    return story.number


def test_the_desk_shows_what_waits_and_what_will_be_read(app: APIFlask, story: Story) -> None:
    publisher = Officer(app, PUBLISHER)
    publisher.opens("/publishing")
    assert "没有等着公开的答复" in publisher.text
    first, second = answered(story, title="第一盏"), answered(story, title="第二盏")
    answered(story, "press", title="第三盏")
    publisher.opens("/publishing")
    assert title(publisher.page).startswith("(3) 发布")
    assert "媒体批量公开 2" in publisher.text
    assert "发布会集中回应 1" in publisher.text
    for said in (first, second, "市政维护处已更换灯泡", "市政公用事业局", "已解决"):
        assert said in publisher.text, said
    assert "第三盏" not in publisher.text
    other = publisher.tree.xpath("//nav[@class='tabs']/a[not(@aria-current)]/@href")[0]
    publisher.opens(other)
    assert "第三盏" in publisher.text
    assert "回应要点" in publisher.text


def test_exactly_what_was_ticked_goes_out_once(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    tasks = {}
    for name in ("第一盏", "第二盏", "第三盏"):
        answered(story, title=name)
        tasks[name] = str(story.task("publish_batch").id)
    publisher = Officer(app, PUBLISHER)
    publisher.opens("/publishing")
    _, values = publisher.form()
    values = {**values, **SAID, "id": [tasks["第一盏"], tasks["第三盏"]]}
    publisher.sends("/publishing", values)
    assert publisher.page.status_code == 200
    assert title(publisher.page).startswith("公开了 2 件")
    assert "第二盏" not in publisher.text
    again = publisher.sends("/publishing", values)
    assert title(again).startswith("公开了 2 件"), "the same form again tells the same"
    with reading(sessions) as session:
        forms = session.scalars(select(Answer.forms).order_by(Answer.id)).all()
        states = dict(
            session.execute(
                select(UserTask.id, UserTask.status).where(UserTask.element == "publish_batch")
            ).all()
        )
    assert list(forms) == [["batch"], [], ["batch"]]
    assert {str(key): state for key, state in states.items()} == {
        tasks["第一盏"]: "completed",
        tasks["第二盏"]: "open",
        tasks["第三盏"]: "completed",
    }


def test_one_that_somebody_else_has_hinders_no_other(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    answered(story, title="第一盏")
    first = story.task("publish_batch").id
    answered(story, title="第二盏")
    second = story.task("publish_batch").id
    answered(story, title="第三盏")
    third = story.task("publish_batch").id
    publisher = Officer(app, PUBLISHER)
    publisher.opens("/publishing")
    _, values = publisher.form()
    with transaction(sessions) as session:
        other = story.actor("shen.yan").id
        session.execute(update(UserTask).where(UserTask.id == first).values(assignee_id=other))
    story.does("publish_batch", by=PUBLISHER)
    foreign = story.receives().task("complete_record").id
    chosen = [str(key) for key in (first, second, third, foreign)]
    publisher.sends("/publishing", {**values, **SAID, "id": chosen})
    assert title(publisher.page).startswith("公开了 1 件，3 件没有办")
    rows = [" ".join(row.text_content().split()) for row in publisher.tree.xpath("//tbody/tr")]
    assert "别人认领了，没有动" in rows[0]
    assert "办好了" in rows[1]
    assert "已经办过或撤下了" in rows[2]
    assert "不在您这里的一件" in rows[3]
    publisher.opens("/publishing")
    box = publisher.tree.xpath(f"//input[@value='{first}']")[0]
    assert box.get("disabled") is not None


def test_a_guessed_id_tells_nothing_of_a_case_of_others(app: APIFlask, story: Story) -> None:
    """Neither while it is open nor when it was done; one's own is called by its name."""
    answered(story, title="第一盏")
    own = story.task("publish_batch").id
    publisher = Officer(app, PUBLISHER)
    publisher.opens("/publishing")
    _, values = publisher.form()
    story.does("publish_batch", by=PUBLISHER)
    story.receives("qd-sanwo-5", channel="newspaper", title="别处的一件")
    foreign = story.task("complete_record").id
    chosen = {**values, **SAID, "id": [str(own), str(foreign)]}
    for _round in ("open", "done"):
        publisher.sends("/publishing", {**chosen, "request_token": _round})
        rows = [" ".join(row.text_content().split()) for row in publisher.tree.xpath("//tbody/tr")]
        assert "第一盏" in rows[0]
        assert "不在您这里的一件" in rows[1]
        assert story.number not in publisher.text
        assert "别处的一件" not in publisher.text
        if _round == "open":
            story.does("complete_record")


def test_faults_keep_what_was_ticked_and_written(app: APIFlask, story: Story) -> None:
    answered(story, title="第一盏")
    key = str(story.task("publish_batch").id)
    publisher = Officer(app, PUBLISHER)
    publisher.opens("/publishing")
    _, values = publisher.form()
    publisher.sends("/publishing", {**values, **SAID})
    assert publisher.page.status_code == 422
    assert "一件也没有选" in publisher.text
    assert publisher.form()[1]["answer.medium"] == ["晚报"]
    publisher.sends("/publishing", {**values, "answer.medium": "", "id": ["no-key", key]})
    assert publisher.page.status_code == 422
    assert title(publisher.page).startswith("错误：")
    assert publisher.form()[1]["id"] == [key]
    assert story.waiting_for == {"publish_batch"}


def test_only_publishers(app: APIFlask, story: Story) -> None:
    answered(story)
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    assert "/publishing" not in handler.page.text
    assert handler.opens("/publishing").status_code == 403
    _, tokens = handler.form("//form[contains(@action,'sign-out')]")
    key = str(story.task("publish_batch").id)
    assert handler.sends("/publishing", {**tokens, "id": [key]}).status_code == 403
    assert story.waiting_for == {"publish_batch"}


def test_in_english(app: APIFlask, story: Story) -> None:
    answered(story)
    publisher = Officer(app, PUBLISHER, "en")
    publisher.opens("/publishing")
    for said in ("1 answer waits", "Publish the ticked", "Utilities Bureau"):
        assert said in publisher.text, said
