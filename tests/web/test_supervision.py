"""The supervision board: every figure opens into its cases, and a ladder starts in one click."""

import html
import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.boards.states import State
from engine.commands import boards, figures, people
from engine.db import Sessions, transaction
from tests.counting import statements
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.site import post, sign_in
from web.board_words import STATES

BOARD = "/supervision"
_FIGURE = re.compile(r'<a class="fig[^"]*" href="([^"]+)">[^<]*<b>([\d,]+)</b>')
_LISTED = re.compile(r'<td class="t"><a href="/cases/([^"]+)" data-open-row>')
_TOTAL = re.compile(r"超期在前，([\d,]+) 件")


def listed(client: FlaskClient, url: str) -> list[str]:
    """The numbers of the cases that a page of the board lists."""
    page = client.get(url)
    assert page.status_code == 200
    return _LISTED.findall(page.text)


def slipping(story: Story) -> Story:
    """An office in which something of every kind goes wrong."""
    dispatched = ("complete_record", "screen", "dispatch")
    story.receives().goes_through(*dispatched)
    for _ in range(2):
        story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
        story.does("dispatch", unit="housing_bureau")
    story.receives().goes_through(*dispatched)
    answered = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")
    story.receives().goes_through(*dispatched, *answered, "answer_directly")
    story.passes(days=8)
    story.receives().goes_through(*dispatched)
    story.supervises("interview")
    return story.receives()


def ask(client: FlaskClient, number: str, **fields: str) -> tuple[int, str, str]:
    """Press a button of the board: status, where it leads, the page."""
    answer = post(client, f"{BOARD}/cases/{number}", page=BOARD, **fields)
    return answer.status_code, answer.headers.get("Location", ""), html.unescape(answer.text)


def test_every_figure_opens_into_exactly_its_cases(supervisor: FlaskClient, story: Story) -> None:
    slipping(story)
    figures = _FIGURE.findall(supervisor.get(BOARD).text)
    assert len(figures) == len(STATES) == 13
    for href, number in figures:
        cases = listed(supervisor, html.unescape(href))
        assert len(cases) == len(set(cases)) == int(number), href
    told = dict(zip(STATES, (int(number) for _, number in figures), strict=True))
    seldom = {State.UNREVIEWED, State.EXTENDED, State.REOPENED, State.REPEATED, State.CONFIDENTIAL}
    wrong = {state for state, number in told.items() if number}
    assert wrong >= set(STATES) - seldom, "something of nearly every kind goes wrong"
    assert {told[State.OVERDUE], told[State.SUPERVISED]} == {3}
    assert {told[State.TODAY], told[State.UNCALLED], told[State.RETURNED]} == {1}


def test_every_figure_of_one_unit_opens_into_exactly_its_cases(
    supervisor: FlaskClient, story: Story
) -> None:
    slipping(story)
    for href, number in _FIGURE.findall(supervisor.get(f"{BOARD}?unit=housing_bureau").text):
        assert "unit=housing_bureau" in href
        assert len(listed(supervisor, html.unescape(href))) == int(number), href


def test_the_matrix_and_the_ladders_open_into_their_cases_too(
    supervisor: FlaskClient, story: Story
) -> None:
    slipping(story)
    page = supervisor.get(BOARD).text
    cells = re.findall(r'<td class="h\d"><a href="([^"]+)" aria-label="[^"]+">(\d+)', page)
    assert len(cells) >= 6
    rungs = re.findall(r'<a class="fig" href="([^"]+rung=\w+)">.*?<b>(\d+)</b>', page)
    assert len(rungs) == 6
    assert {number for _, number in rungs} > {"0"}
    for href, number in cells + rungs:
        assert len(listed(supervisor, html.unescape(href))) == int(number), href


def test_what_needs_attention_is_listed_overdue_first_with_its_rule(
    supervisor: FlaskClient, story: Story
) -> None:
    slipping(story)
    page = supervisor.get(BOARD).text
    badges = re.findall(r'class="due( due--\w+)?"', page)
    assert badges == sorted(badges, key=lambda one: one != " due--late")
    assert "联系建议人 5 个工作日，11月2日起，11月9日 18:00 到期" in page
    assert _TOTAL.search(page)[1] == str(len(_LISTED.findall(page)))  # type: ignore[index]


def test_nothing_wrong_says_so(supervisor: FlaskClient) -> None:
    assert "都在时限里" in supervisor.get(BOARD).text
    nothing = supervisor.get(f"{BOARD}?state=overdue").text
    assert "没有符合条件的" in nothing
    assert "去掉「超期」" in nothing, "with a way on"


def test_one_click_starts_a_ladder_at_the_phone_with_its_reason(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=8)
    status, where, _ = ask(supervisor, story.number, rung="phone", limit="handling", back=BOARD)
    assert (status, where) == (303, BOARD)
    assert "电话催办开始了，对象是市政公用事业局" in supervisor.get(where).text
    story.worker.drain()
    ladder = story.supervisions()[-1]
    assert (ladder.cause, ladder.first_rung, ladder.target) == (
        "asked_phone",
        "phone",
        "utilities_bureau",
    )
    assert ladder.asked_by == story.actor("du.cheng").id
    assert ladder.reason.startswith(
        "办理限 5 个工作日，11月2日 09:00 起算，11月9日 18:00 到期；刚超期"
    )
    assert "逐日：11-02 收到当日不计、11-03 第1天、" in ladder.reason
    assert "11-07 周末" in ladder.reason
    page = supervisor.get(f"{BOARD}/{ladder.number}").text
    tasks = [task.id for task in story.open_tasks() if task.element == "phone"]
    assert any(f"/tasks/{task}" in page for task in tasks), "its rung's task is a click away"


def test_the_same_again_is_refused_in_words(supervisor: FlaskClient, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert ask(supervisor, story.number, rung="phone")[0] == 303
    status, _, page = ask(supervisor, story.number, rung="phone")
    assert status == 409
    assert "没有再开一个：对市政公用事业局的同一种督办已经开着，现在在「电话督办」。" in page
    assert f"{BOARD}/{story.number}-D1" in page, "with a way to the open one"
    assert len(story.supervisions()) == 1


def test_a_form_sent_twice_starts_one_ladder(supervisor: FlaskClient, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    twice = [
        ask(supervisor, story.number, rung="order", request_token="the same form")[:2]
        for _ in range(2)
    ]
    assert twice[0] == twice[1] == (303, f"{BOARD}/{story.number}-D1")
    assert len(story.supervisions()) == 1


@pytest.mark.parametrize("rung", ["order", "interview"])
def test_an_order_and_an_interview_start_at_their_own_rung(
    supervisor: FlaskClient, story: Story, rung: str
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert ask(supervisor, story.number, rung=rung)[0] == 303
    story.worker.drain()
    assert rung in story.waiting_for
    assert story.number in listed(supervisor, f"{BOARD}?rung={rung}")
    disabled = f'name="rung" value="{rung}" disabled'
    assert disabled in supervisor.get(BOARD).text.replace("\n", " ")


def test_the_rule_and_the_days_are_shown_before_and_the_reason_may_be_changed(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=8)
    url = f"{BOARD}/cases/{story.number}?rung=order&limit=contact"
    page = supervisor.get(url).text
    assert "联系建议人限 5 个工作日，11月2日 09:00 起算" in page
    assert "3 至 5 个工作日内联系建议人" in page, "who says so"
    assert page.count("周末") >= 2, "day by day"
    assert '<textarea id="reason"' in page
    fragment = supervisor.get(url, headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert '<textarea id="reason"' in fragment
    status, _, again = ask(supervisor, story.number, rung="order", limit="contact", reason=" ")
    assert status == 422
    assert "写一句为什么督办。" in again
    assert "错误：" in again
    long = ask(supervisor, story.number, rung="order", reason="长" * 2001)
    assert long[0] == 422
    assert "最多 2000 个字，现在 2001 个。" in long[2]
    ask(supervisor, story.number, rung="order", limit="contact", reason="市民一天来电三次。")
    assert story.supervisions()[-1].reason == "市民一天来电三次。"


def test_an_unknown_rung_and_a_closed_case_are_refused(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().does("complete_record")
    assert ask(supervisor, story.number, rung="prison")[0] == 422
    story.does("screen", opinion="refuse", refusal_reason="not_our_duty")
    story.does("tell_refusal")
    status, _, page = ask(supervisor, story.number, rung="phone")
    assert status == 409
    assert "督办没有开始" in page
    assert not story.supervisions()


def test_the_office_itself_is_urged_while_the_case_is_still_with_it(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().passes(days=1)
    ask(supervisor, story.number, rung="phone", limit="register")
    assert [one.target for one in story.supervisions()] == ["jdz_office"]


@pytest.mark.parametrize("login", ["shui.dian", "chu.mi", "guan.li"])
def test_nobody_else_sees_the_board(app: APIFlask, story: Story, login: str) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    client = app.test_client()
    sign_in(client, login)
    for url in (BOARD, f"{BOARD}/cases/{story.number}", f"{BOARD}/{story.number}-D1"):
        assert client.get(url).status_code == 403, url
    answer = post(client, f"{BOARD}/cases/{story.number}", page="/definitions", rung="phone")
    assert answer.status_code == 403
    assert not story.supervisions()


def test_a_supervisor_of_another_office_gets_neither_list_nor_ladder(
    app: APIFlask, sessions: Sessions, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("phone")
    with transaction(sessions) as session:
        people.add_person(
            session,
            "a.stranger",
            "外人",
            password=PASSWORD,
            memberships=[("police_bureau", "supervisor")],
        )
    client = app.test_client()
    sign_in(client, "a.stranger")
    assert story.number not in client.get(BOARD).text
    number = story.supervisions()[0].number
    assert client.get(f"{BOARD}/{number}").status_code == 403
    assert ask(client, story.number, rung="order")[0] == 403
    assert post(client, f"{BOARD}/{number}/cure", page=BOARD).status_code == 403
    assert [one.cured_at for one in story.supervisions()] == [None]


def test_a_ladder_nobody_answers_climbs_by_itself_to_an_interview_and_a_commitment(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    ask(supervisor, story.number, rung="phone")
    story.worker.drain()
    number = story.supervisions()[0].number

    def now() -> str:
        page = supervisor.get(f"{BOARD}/{number}").text
        return re.search(r'<li aria-current="step">([^<]+)<small>', page)[1]  # type: ignore[index]

    climbed = [now()]
    for _ in range(30):
        story.passes(days=1)
        climbed += [now()] if now() != climbed[-1] else []
        if climbed[-1] == "公开承诺":
            break
    assert climbed == ["电话督办", "督办单", "约谈", "公开承诺"]
    page = supervisor.get(f"{BOARD}/{number}").text
    assert page.count("到期没人做，升到下一级") == 3
    assert story.number in listed(supervisor, f"{BOARD}?rung=commitment")
    assert number in supervisor.get(f"{BOARD}?rung=commitment").text


def test_minutes_and_commitment_are_on_the_ladders_page(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("interview")
    number = story.supervisions()[0].number
    task = next(one for one in story.open_tasks() if one.element == "interview")
    assert f"/tasks/{task.id}" in supervisor.get(f"{BOARD}/{number}").text
    story.does("interview", minutes="局长说明了人手不足，答应增派两人。")
    page = supervisor.get(f"{BOARD}/{number}").text
    assert "约谈纪要" in page
    assert "局长说明了人手不足" in page
    assert "等整改到" in page
    for _ in range(12):
        story.passes(days=1)
        if any(one.element == "commitment" for one in story.open_tasks()):
            break
    task = [one for one in story.open_tasks() if one.element == "commitment"][-1]
    story.does("commitment")
    assert "十日内修复全部路灯并公示" in supervisor.get(BOARD).text
    while "十日内修复全部路灯并公示" not in supervisor.get(f"{BOARD}/{number}").text:
        story.does("commitment")


def test_curing_ends_a_ladder_and_twice_is_told(supervisor: FlaskClient, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("phone")
    number = story.supervisions()[0].number
    cured = post(supervisor, f"{BOARD}/{number}/cure", page=BOARD)
    assert (cured.status_code, cured.location) == (303, f"{BOARD}/{number}")
    assert "已销号，后台几秒内结束这个督办。" in supervisor.get(cured.location).text
    story.worker.drain()
    assert story.supervisions()[0].status == "cured"
    page = supervisor.get(cured.location).text
    assert "整改到位，已销号" in page
    assert "已改好，销号</button>" not in page
    again = post(supervisor, f"{BOARD}/{number}/cure", page=BOARD)
    assert again.status_code == 409
    assert "没有再销一次" in again.text


def test_an_unknown_number_is_not_found(supervisor: FlaskClient) -> None:
    for path in ("cases/GL-20260101-000001", "GL-20260101-000001-D1"):
        assert supervisor.get(f"{BOARD}/{path}").status_code == 404


def test_ten_statements_and_the_two_about_the_person(
    supervisor: FlaskClient, sessions: Sessions, story: Story
) -> None:
    slipping(story)
    supervisor.get(BOARD)
    with statements(sessions) as sent:
        supervisor.get(BOARD)
    about_the_person = 2
    assert len(sent) - about_the_person <= 10, sent


def test_the_board_reads_in_english(supervisor: FlaskClient, story: Story) -> None:
    slipping(story)
    page = supervisor.get(f"{BOARD}?lang=en").text
    for words in ("Overdue", "Unit × category", "Urge", "Evidence", "5 working days from 2 Nov"):
        assert words in page
    seen = re.sub(r'<[^>]*lang="zh-CN"[^>]*>.*?</', "</", page, flags=re.S)
    seen = re.sub(r"<[^>]+>", " ", seen)
    assert not re.findall("[\u4e00-\u9fff]+", seen)


def test_what_stands_is_asked_for_again_without_the_page(
    supervisor: FlaskClient, story: Story
) -> None:
    slipping(story)
    page = supervisor.get(BOARD).text
    again = html.unescape(re.search(r'data-live="([^"]+)"', page)[1])  # type: ignore[index]
    fragment = supervisor.get(again, headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    parts = re.findall(r'data-part="(\w+)"', fragment)
    assert parts == ["at", "figs", "matrix", "rungs", "age", "days", "news"]
    assert set(parts) == set(re.findall(r'data-part="(\w+)"', page))
    assert _FIGURE.findall(fragment) == _FIGURE.findall(page)
    assert "清单有变化" not in fragment
    story.passes(days=3)
    story.receives().passes(hours=6)
    assert "清单有变化" in supervisor.get(again, headers={"HX-Request": "true"}).text


def test_age_and_course_are_drawn_with_their_numbers_behind(
    supervisor: FlaskClient, sessions: Sessions, story: Story
) -> None:
    slipping(story)
    assert "还没有数过" in supervisor.get(BOARD).text
    figures.refresh(sessions)
    boards.refresh(sessions)
    for address, first in ((BOARD, "10月28日"), (f"{BOARD}?by=week", "8月19日")):
        page = supervisor.get(address).text
        assert page.count('class="chart"') == 2
        tables = re.findall(r"<caption class=\"sr\">(.*?)</table>", page, re.S)
        assert [table.count("<tr>") for table in tables] in ([6, 15], [6, 13])
        received = re.findall(r"<tr><th scope=\"row\">([^<]+)</th><td class=\"r\">(\d+)", tables[1])
        assert received[0][0] == first
        assert sum(int(number) for _day, number in received) == 5


def test_a_step_of_another_way_than_the_ladder_has_its_figure_where_a_case_stands_there(
    supervisor: FlaskClient, story: Story
) -> None:
    story.receives().does("complete_record", hazard="life")
    story.goes_through("screen", "dispatch")
    story.passes(days=8)
    page = supervisor.get(BOARD)
    assert page.status_code == 200
    assert "rung=on_site" in page.text
    assert listed(supervisor, f"{BOARD}?rung=on_site") == [story.number]
