"""Rules over many cases on their pages: made, tried, switched on, fired; a word about a unit."""

import html

from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.commands import rule_firing
from tests.engine.test_rules import overdue
from tests.story import TO_THE_ANSWER, Story
from tests.web.site import post, sign_in

RULES, WORD = "/supervision/rules", "/supervision/word"
FIELDS = {
    "name_zh": "十天两件超期",
    "name_en": "Two overdue in ten days",
    "counts": "overdue",
    "number": "2",
    "days": "10",
    "clock": "working",
    "rung": "interview",
    "left": "0",
}


def told(client: FlaskClient, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200
    return html.unescape(page.text)


def test_a_rule_is_made_tried_switched_on_and_shows_what_it_did(
    supervisor: FlaskClient, story: Story
) -> None:
    cases = overdue(story)
    office = sorted(story.actor("du.cheng").units)[0]
    assert "还没有督办规则" in told(supervisor, RULES)
    made = post(supervisor, RULES, page=RULES, office=office, **FIELDS)
    rule = made.headers["Location"]
    assert (made.status_code, rule) == (303, f"{RULES}/overdue_2_10")
    assert "10 个工作日内，同一家单位有 2 件超期的诉求，就从「约谈」起督办。" in told(
        supervisor, rule
    )
    early = post(supervisor, f"{rule}/on", page=rule, reason="试试")
    assert early.status_code == 409
    assert "要先试算这一版" in html.unescape(early.text)

    assert post(supervisor, f"{rule}/trial", page=rule).status_code == 303
    page = told(supervisor, rule)
    assert "会触发 1 次" in page
    assert all(one.number in page for one in cases)
    silent = post(supervisor, f"{rule}/on", page=rule, reason=" ")
    assert silent.status_code == 422
    assert "写明为什么" in html.unescape(silent.text)
    assert post(supervisor, f"{rule}/on", page=rule, reason="超期太多").status_code == 303
    assert "启用中" in told(supervisor, RULES)

    rule_firing.evaluate(story.sessions)
    story.worker.drain()
    story.received = cases[0]
    [ladder] = [one for one in story.supervisions() if one.scope == "unit"]
    assert ladder.number in told(supervisor, rule)
    page = told(supervisor, f"/supervision/{ladder.number}")
    assert "2 件，还有 2 件没整改：" in page
    assert all(one.number in page for one in cases)
    assert "督办规则触发" in page
    story.goes_through(*TO_THE_ANSWER[4:])
    assert "2 件，还有 1 件没整改：" in told(supervisor, f"/supervision/{ladder.number}")
    assert post(supervisor, f"{rule}/off", page=rule, reason="够了").status_code == 303
    assert post(supervisor, f"{rule}/off", page=rule, reason="够了").status_code == 409


def test_a_change_is_a_new_version_and_what_does_not_fit_is_said_at_its_field(
    supervisor: FlaskClient, story: Story
) -> None:
    office = sorted(story.actor("du.cheng").units)[0]
    wrong = {**FIELDS, "number": "0", "name_zh": "", "days": "x", "left": "7"}
    refused = post(supervisor, RULES, page=RULES, office=office, **wrong)
    page = html.unescape(refused.text)
    assert refused.status_code == 422
    for field in ("number", "name_zh", "days"):
        assert f'id="r-{field}-e"' in page
    assert 'value="x"' in page, "nothing that was typed is lost"
    rule = post(supervisor, RULES, page=RULES, office=office, **FIELDS).headers["Location"]
    assert post(supervisor, rule, page=rule, **FIELDS).status_code == 409
    assert post(supervisor, rule, page=rule, **{**FIELDS, "number": "3"}).status_code == 303
    page = told(supervisor, rule)
    assert "第 2 版" in page
    assert "这一版还没有试算" in page
    assert post(supervisor, rule, page=rule, **{**FIELDS, "left": "2"}).status_code == 422


def test_a_leader_s_word_starts_any_rung_about_a_unit_and_is_shown_as_such(
    app: APIFlask, story: Story
) -> None:
    cases = overdue(story)
    leader = app.test_client()
    sign_in(leader, next(one.login for one in story.people() if one.acts_for("leader", None)))
    assert "附上的依据" in told(leader, WORD)
    page = told(leader, f"{WORD}?unit=utilities_bureau")
    assert "2 件现在超期，都附上。" in page
    assert all(one.number in page for one in cases)
    empty = post(leader, WORD, page=WORD)
    assert empty.status_code == 422
    assert html.unescape(empty.text).count('class="error"') == 3
    said = {"unit": "utilities_bureau", "rung": "criticism", "reason": "一周没有一件按时。"}
    begun = post(leader, WORD, page=WORD, **said)
    assert begun.status_code == 303
    story.worker.drain()
    page = told(leader, begun.headers["Location"])
    assert "领导指示：通报批评" in page
    assert "2 件，还有 2 件没整改：" in page
    assert post(leader, WORD, page=WORD, **said).status_code == 409
    story.received = cases[0]
    assert "criticism" in story.waiting_for
    assert "unit_asked" in str(story.events())
