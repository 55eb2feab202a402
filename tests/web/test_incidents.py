"""The operator's pages: by cause, several at once, a variable, a step passed over, a move."""

import html
import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.models import City, Incident, Instance, Message, Unit
from tests.story import Story
from tests.web.site import application, post, sign_in
from web import failed_steps

PAGE = "/operations/incidents"
UNIT = "utilities_bureau"
_BOX = re.compile(r'name="incident" value="([^"]+)"')


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def administrator(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "guan.li")
    return client


def stopped(story: Story, many: int = 3) -> list[str]:
    """Cases of which a ladder cannot start, as the unit is gone; their numbers."""
    numbers = []
    for place in range(many):
        story.receives(name=f"市民{place}", phone=f"1380000{place:04d}")
        numbers.append(story.goes_through("complete_record", "screen", "dispatch").number)
    with transaction(story.sessions) as session:
        session.execute(update(Unit).where(Unit.key == UNIT).values(active=False))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
    story.passes(days=8)
    return numbers


def open_ones(sessions: Sessions) -> list[Incident]:
    with reading(sessions) as session:
        found = select(Incident).where(Incident.resolved_at.is_(None)).order_by(Incident.id)
        return list(session.scalars(found))


def text_of(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).text)


@pytest.mark.both
@pytest.mark.story
def test_the_same_cause_is_one_line_and_exactly_the_ticked_are_tried_again(
    administrator: FlaskClient, story: Story
) -> None:
    numbers = stopped(story)
    page = text_of(administrator, PAGE)
    assert page.count('<td class="r" data-l="件">3</td>') == 1, "one group of three"
    assert "要一个在用的单位" in page, "why, in Chinese"
    assert all(number in page for number in numbers)
    boxes = _BOX.findall(page)
    assert len(boxes) == 3
    ticked = {"incident": boxes[:2], "act": "retry", "remark": "单位恢复了"}
    answer = post(administrator, f"{PAGE}/batch", page=PAGE, **ticked)
    assert answer.status_code == 303
    told = text_of(administrator, answer.location)
    assert told.count("做了</span>") == 2
    assert "单位恢复了" in told
    assert [str(one.id) for one in open_ones(story.sessions)] == boxes[2:]
    story.worker.drain()
    assert text_of(administrator, answer.location).count("又停住了") == 2, "the unit is still gone"
    settled = text_of(administrator, f"{PAGE}?state=settled")
    assert settled.count("单位恢复了") == 2
    assert len(_BOX.findall(settled)) == 0


@pytest.mark.slow
def test_what_is_asked_for_narrows_the_list(administrator: FlaskClient, story: Story) -> None:
    stopped(story, 1)
    [one] = open_ones(story.sessions)
    for query, found in (
        (f"element={one.element}", 1),
        ("element=nowhere", 0),
        ("source=deadline", 1),
        ("source=message", 0),
        ("process=appeal&version=1", 1),
        ("process=supervision", 0),
        (f"cause={one.cause}", 1),
        ("page=2", 0),
        ("page=-1&version=x&state=all", 1),
    ):
        assert len(_BOX.findall(text_of(administrator, f"{PAGE}?{query}"))) == found, query


def test_a_batch_without_choice_or_reason_says_what_is_missing(
    administrator: FlaskClient, story: Story
) -> None:
    stopped(story, 1)
    [one] = open_ones(story.sessions)
    for form, words in (
        ({"act": "retry"}, "先勾选要处理的"),
        ({"act": "skip", "incident": str(one.id)}, "写明为什么"),
        ({"act": "retry", "incident": "nothing"}, "先勾选要处理的"),
    ):
        answer = post(administrator, f"{PAGE}/batch", page=PAGE, **form)
        assert answer.status_code == 422
        assert words in answer.text
    assert (
        f'value="{one.id}" checked'
        in post(administrator, f"{PAGE}/batch", page=PAGE, act="skip", incident=str(one.id)).text
    ), "what was ticked stays ticked"


def test_a_step_is_passed_over_with_a_reason(administrator: FlaskClient, story: Story) -> None:
    stopped(story, 1)
    [one] = open_ones(story.sessions)
    address = f"{PAGE}/{one.id}"
    assert "写明为什么可以不做" in text_of(administrator, address)
    answer = post(administrator, f"{address}/skip", page=address)
    assert answer.status_code == 422
    assert "写明为什么" in answer.text
    answer = post(administrator, f"{address}/skip", page=address, remark="单位撤了")
    assert (answer.status_code, answer.location) == (303, address)
    assert "跳过这一步：后台几秒内接着做" in (page := text_of(administrator, address))
    assert "单位撤了" in page
    again = post(administrator, f"{address}/skip", page=PAGE, remark="单位撤了")
    assert again.status_code == 409
    assert "已经处理过" in again.text


def test_a_variable_is_put_right(administrator: FlaskClient, story: Story) -> None:
    stopped(story, 1)
    [one] = open_ones(story.sessions)
    address = f"{PAGE}/{one.id}"
    assert '<code>"accept"</code>' in text_of(administrator, address), "the value now"
    form = {"name": "opinion", "before": '"accept"', "known": "1", "kind": "text"}
    answer = post(administrator, f"{address}/correct", page=address, value="x", remark="错", **form)
    assert answer.status_code == 422
    assert "不能改成这个值" in answer.text
    answer = post(administrator, f"{address}/correct", page=address, value="refuse", **form)
    assert answer.status_code == 422
    right = {**form, "value": "refuse", "remark": "登记错了"}
    answer = post(administrator, f"{address}/correct", page=address, **right)
    assert (answer.status_code, answer.location) == (303, f"{address}#variables")
    assert '<code>"refuse"</code>' in text_of(administrator, address)
    answer = post(administrator, f"{address}/correct", page=address, **right)
    assert answer.status_code == 409
    assert "这个变量的值刚变过" in answer.text
    assert "variable.corrected" in story.events()


@pytest.mark.both
@pytest.mark.story
def test_a_process_is_moved_after_seeing_what_would_happen(
    administrator: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    number = story.number
    found = text_of(administrator, f"/operations/instances?number={number}")
    [address] = set(re.findall(r'href="(/operations/instances/[^"?]+)"', found))
    page = text_of(administrator, address)
    [token] = re.findall(r'\?token=([^"]+)">办理<', page)
    page = text_of(administrator, f"{address}?token={token}")
    assert '<option value="transfer"' in page
    page = text_of(administrator, f"{address}?token={token}&to=transfer")
    for words in ("关闭的待办", "contact_citizen", "新开的待办", "dispatch", "停下的时限"):
        assert words in page
    [revision] = re.findall(r'name="revision" value="(\d+)"', page)
    form = {"token": token, "to": "transfer", "revision": revision}
    answer = post(administrator, f"{address}/move", page=address, **form)
    assert answer.status_code == 422
    assert "写明为什么移动" in answer.text
    assert story.waiting_for == {"contact_citizen"}
    answer = post(administrator, f"{address}/move", page=address, remark="派错了", **form)
    assert answer.status_code == 303
    assert story.waiting_for == {"dispatch"}
    answer = post(administrator, f"{address}/move", page=address, remark="派错了", **form)
    assert answer.status_code == 409
    assert "流程刚有了新进展" in answer.text


@pytest.mark.slow
def test_a_move_that_would_break_the_flow_is_refused_in_words(
    administrator: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    with reading(story.sessions) as session:
        instance = session.scalars(select(Instance.id)).one()
    address = f"/operations/instances/{instance}"
    [token] = re.findall(r'\?token=([^"]+)"[^>]*>[^<]*</a> <code>contact_citizen<', text_of(
        administrator, address))  # fmt: skip
    page = text_of(administrator, f"{address}?token={token}&to=handle")
    assert "会让汇合永远等不齐" in page
    assert "就这样移动" not in page
    assert "没有在走的流程" in text_of(administrator, "/operations/instances?number=GL-1")


def test_a_message_that_reached_nobody_is_sent_again(
    administrator: FlaskClient, story: Story
) -> None:
    assert "都送到了" in text_of(administrator, "/operations/messages")
    story.receives()
    with transaction(story.sessions) as session:
        session.add(
            Message(
                target_id=story.received.contact_id,
                case_id=story.received.case_id,
                name="cured",
                payload={},
                sent_at=story.clock.at,
            )
        )
    story.worker.drain()
    page = text_of(administrator, "/operations/messages")
    assert "收件的流程已经结束" in page
    [address] = re.findall(r'action="(/operations/messages/[^"]+)"', page)
    answer = post(administrator, address, page="/operations/messages")
    assert (answer.status_code, answer.location) == (303, "/operations/messages")
    assert post(administrator, address, page="/operations/messages").status_code == 409
    assert "message.retried" in story.events()


def test_only_administrators_do_any_of_it(app: APIFlask, story: Story) -> None:
    stopped(story, 1)
    [one] = open_ones(story.sessions)
    client = app.test_client()
    sign_in(client, "du.cheng")
    for address in (PAGE, "/operations/messages", "/operations/instances"):
        assert client.get(address).status_code == 403
    for address in (f"{PAGE}/batch", f"{PAGE}/{one.id}/skip", f"{PAGE}/{one.id}/correct"):
        assert post(client, address, page="/definitions", remark="x").status_code == 403
    assert [again.id for again in open_ones(story.sessions)] == [one.id]


def test_another_s_batch_is_not_there(app: APIFlask, story: Story) -> None:
    client = app.test_client()
    sign_in(client, "guan.li")
    unknown = "01a20076-c74c-70f2-86b5-d39f26ac2af0"
    assert client.get(f"/operations/batches/{unknown}").status_code == 404
    assert post(client, f"/operations/batches/{unknown}/run", page=PAGE).status_code == 404
    assert client.get(f"/operations/instances/{unknown}").status_code == 404


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("`opinon == 1`: opinon is not set; did you mean opinion?",
         "`opinon == 1`：变量 opinon 没有值；是不是 opinion？"),
        ("`6 // case.bounces`: division by zero", "`6 // case.bounces`：除以零"),
        ("`n > opinion`: expected values of one kind; n is a number; opinion is a text",
         "`n > opinion`：要同一种值才能这样算；n 是数字；opinion 是文字"),
        ("decision ladder: row 3: `[1][2]`: the list has no such item",
         "决策表 ladder：第 3 行：`[1][2]`：清单里没有这一项"),
        ("decision ladder: no row fits and there is no default",
         "决策表 ladder：没有一行合适，也没有写默认结果"),
        ("unit: expected a unit of the organisation, found roads",
         "要一个在用的单位，roads 不是"),
        ("notice/send: kind expects a text", "操作 notice/send 的参数 kind 应是文字"),
        ("2000 steps without a wait; a loop may never end",
         "连走 2000 步都没有等待，可能有走不出的环"),
        ("KeyError", "KeyError"),
    ],
)  # fmt: skip
def test_reasons_of_ours_are_told_in_chinese(app: APIFlask, reason: str, words: str) -> None:
    with app.test_request_context("/?lang=zh"):
        assert failed_steps.words(reason) == words
    with app.test_request_context("/?lang=en"):
        assert failed_steps.reason(reason) == reason
