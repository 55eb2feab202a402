"""Citizens follow what they said: where it is, what was done, by when; and nothing of others."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy import event, update

from engine.clock import Held
from engine.commands import supervisions
from engine.db import Sessions, reading, transaction
from engine.errors import NotFound
from engine.identity import Vault
from engine.models import Contact, HistoryEvent
from engine.queries import tracking
from tests.story import BODY, PHONE, Story
from tests.web.citizen import Citizen, portal

MISS = "没有对上。核对查询码和手机后四位；三次后等 5 分钟。"
DIGITS = PHONE[-4:]
TO_ANSWER = (
    *("complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle"),
    *("write_answer", "review_answer"),
)
# What officers wrote for each other, by the answers of the story.
NOTES = {
    "screen": {"note": "内部备注甲：此人常来电"},
    "dispatch": {"instructions": "内部备注乙：速办"},
    "contact_citizen": {"what": "内部备注丙：语气不好"},
    "handle": {"measures": "内部备注丁：拆了旧灯"},
    "review_answer": {"note": "内部备注戊：可以发"},
    "callback": {"suggestion": "内部备注己", "note": "内部备注庚"},
}
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path, vault: Vault) -> APIFlask:
    return portal(sessions, tmp_path, vault)


@pytest.fixture
def citizen(app: APIFlask) -> Citizen:
    return Citizen(app)


def follow(citizen: Citizen, story: Story, digits: str = DIGITS) -> Citizen:
    """Type in the code of the story's case."""
    assert story.received is not None
    return citizen.opens("/track").presses(code=story.received.code, digits=digits)


def marks(citizen: Citizen) -> dict[str, str]:
    """The stages on the page, and which is now."""
    items = citizen.tree.xpath('//ol[@class="stages"]/li')
    return {
        str(li.text_content()): "now" if li.get("aria-current") else li.get("class", "next")
        for li in items
    }


def lines(citizen: Citizen) -> list[str]:
    """The timeline, a line each."""
    return [
        " ".join(" ".join(li.itertext()).split())
        for li in citizen.tree.xpath('//ol[@class="timeline"]/li')
    ]


# Getting in ------------------------------------------------------------------------------------


def test_code_and_digits_open_the_case(citizen: Citizen, story: Story) -> None:
    story.receives()
    follow(citizen, story)
    assert citizen.page.request.path == "/track/case"
    assert story.number in citizen.text
    assert citizen.heading == "解放东路一盏路灯不亮"


@pytest.mark.parametrize("spelled", [str.lower, lambda code: f" {code.replace('-', ' ')} "])
def test_the_code_may_be_spelled_in_any_way(citizen: Citizen, story: Story, spelled: Any) -> None:
    story.receives()
    assert story.received is not None
    citizen.opens("/track").presses(code=spelled(story.received.code), digits="尾号１２３４")
    assert story.number in citizen.text


def test_who_left_no_phone_needs_the_code_alone(citizen: Citizen, story: Story) -> None:
    story.receives(phone="", name="")
    assert story.number in follow(citizen, story, digits="").text


def test_unknown_code_wrong_digits_and_nothing_get_the_same_answer(
    app: APIFlask, story: Story
) -> None:
    story.receives()
    assert story.received is not None
    code = story.received.code
    pages = []
    tries = [("AAAA-BBBB-CC", DIGITS), (code, "0000"), (code, ""), ("", ""), (story.number, DIGITS)]
    for number, (typed, digits) in enumerate(tries):
        one = Citizen(app, f"198.51.100.{number}").opens("/track")
        one.presses(code=typed, digits=digits)
        assert one.status == 422
        assert one.faults == [MISS]
        pages.append(re.sub(r'(<input [^>]*id="code"[^>]* value=")[^"]*', r"\1", one.same))
    assert len(set(pages)) == 1


def test_after_three_misses_even_the_right_code_waits(
    citizen: Citizen, app: APIFlask, story: Story
) -> None:
    story.receives()
    told = [follow(citizen, story, digits="0000").status for _ in range(3)]
    assert told == [422, 422, 429]
    assert follow(citizen, story).status == 429
    assert citizen.faults == ["三次没有对上。09:05 以后再试。"]
    elsewhere = Citizen(app, "203.0.113.5")
    assert follow(elsewhere, story).status == 429, "the code waits, wherever it is tried"
    story.receives()
    assert follow(citizen, story).status == 429, "the address waits, whatever it tries"
    assert follow(elsewhere, story).status == 200


def test_a_hit_forgets_the_misses_of_its_code(
    citizen: Citizen, app: APIFlask, story: Story
) -> None:
    story.receives()
    follow(citizen, story, digits="0000")
    follow(citizen, story, digits="0001")
    assert follow(citizen, story).status == 200
    other = Citizen(app, "203.0.113.5")
    assert follow(other, story, digits="0002").status == 422


def test_the_case_is_open_to_this_browser_only_and_for_a_while(
    citizen: Citizen, app: APIFlask, story: Story, held: Held
) -> None:
    story.receives()
    follow(citizen, story)
    assert Citizen(app).opens("/track/case").heading == "查我的进度"
    held.advance(minutes=29)
    assert story.number in citizen.opens("/track/case").text
    held.advance(minutes=31)
    assert citizen.opens("/track/case").heading == "查我的进度"


def test_one_can_put_the_page_away(citizen: Citizen, story: Story) -> None:
    story.receives()
    follow(citizen, story)
    token = citizen.tree.xpath('//input[@name="csrf_token"]/@value')[0]
    citizen.sends("/track/close", {"csrf_token": token})
    assert citizen.opens("/track/case").heading == "查我的进度"


def test_what_is_gone_is_not_followed(citizen: Citizen, story: Story, sessions: Sessions) -> None:
    story.receives()
    follow(citizen, story)
    with pytest.raises(NotFound), reading(sessions) as session:
        tracking.course(session, uuid4())
    with citizen.client.session_transaction() as kept:
        kept["followed"] = {**kept["followed"], "case": uuid4().hex}
    assert citizen.opens("/track/case").heading == "查我的进度"


def test_an_erased_history_still_tells_where_the_case_is(
    citizen: Citizen, story: Story, sessions: Sessions
) -> None:
    story.receives().goes_through("complete_record", "screen")
    with transaction(sessions) as session:
        session.execute(update(HistoryEvent).values(payload=None, salt=None))
    follow(citizen, story)
    assert lines(citizen)[0] == "派单中"


# Where it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "stage", "now", "last"),
    [
        ((), "接收与初筛", "登记中", "您告诉了我们"),
        (("complete_record",), "接收与初筛", "初审中", "登记好了"),
        (("complete_record", "screen"), "处理签与分发", "派单中", "看过了，受理"),
        (TO_ANSWER[:3], "办理与协调", "待签收", "派给市政公用事业局"),
        (TO_ANSWER[:4], "办理与协调", "承办单位将与您联系", "承办单位签收了"),
        (TO_ANSWER[:5], "办理与协调", "办理中", "承办单位联系了您"),
        (TO_ANSWER[:6], "办理与协调", "正在拟写答复", "承办单位办完了"),
        (TO_ANSWER[:7], "回访与反馈", "答复审核中", "写好了答复"),
        (TO_ANSWER, "回访与反馈", "正在答复", "答复通过了审核"),
        ((*TO_ANSWER, "answer_directly"), "回访与反馈", "回访中", "给了您答复"),
    ],
)
def test_at_each_step_the_page_says_what_is_done_and_what_is_going_on(
    citizen: Citizen, story: Story, done: tuple[str, ...], stage: str, now: str, last: str
) -> None:
    story.receives().goes_through(*done)
    follow(citizen, story)
    assert len(marks(citizen)) == 5
    assert [name for name, state in marks(citizen).items() if state == "now"] == [stage]
    told = lines(citizen)
    place = told.index(now)
    assert told[place - 1].startswith(f"{last} 11月2日 09:00")
    who = "市政公用事业局" if len(done) > 2 else "金点子办公室"
    assert f"{who}：" in citizen.text
    assert now in citizen.text.split("：", 1)[1]


def test_stages_are_those_of_the_diagram_called_as_the_pack_calls_them(
    citizen: Citizen, story: Story
) -> None:
    story.receives().goes_through(*TO_ANSWER[:4])
    assert marks(follow(citizen, story)) == {
        "接收与初筛": "is-done",
        "处理签与分发": "is-done",
        "办理与协调": "now",
        "回访与反馈": "next",
        "跟踪督办": "next",
    }
    citizen.opens("/track/case?lang=en")
    assert list(marks(citizen))[2] == "Handling and coordination"


def test_promised_dates_are_the_ledgers_and_are_counted_day_by_day(
    citizen: Citizen, story: Story
) -> None:
    story.receives().goes_through(*TO_ANSWER[:4])
    follow(citizen, story)
    assert "联系建议人：11月9日（周一）18:00 前" in citizen.text
    assert "联系建议人 11月9日（周一）18:00 前" in lines(citizen)
    assert "办理 11月9日（周一）18:00 前" in lines(citizen)
    (fold,) = citizen.tree.xpath('//details[.//summary[contains(., "联系建议人")]]')
    days = [" ".join(" ".join(li.itertext()).split()) for li in fold.xpath(".//ol/li")][7:]
    assert days[0] == "周一 11/2 收到 今天"
    assert days[5:] == [
        *("周六 11/7 周末", "周日 11/8 周末", "周一 11/9 第5天 到期"),
    ]
    assert "期限 5 个工作日：11月9日（周一）18:00。" in " ".join(fold.itertext())
    assert not citizen.tree.xpath('//summary[contains(., "签收")]'), "a desk's own limit"


def test_the_answer_is_shown_when_it_was_sent_and_not_before(
    citizen: Citizen, story: Story
) -> None:
    answer = "市政维护处已更换灯泡，当晚亮灯。"
    story.receives().goes_through(*TO_ANSWER)
    assert answer not in follow(citizen, story).page.text
    story.does("answer_directly")
    citizen.opens("/track/case")
    assert answer in citizen.text
    assert "市政公用事业局 · 结果：已解决" in citizen.text


def test_a_closed_case_says_how_it_ended(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER, "answer_directly", "callback")
    follow(citizen, story)
    assert "办结了 已解决 11月2日（周一）09:00" in citizen.text
    assert set(marks(citizen).values()) == {"is-done"}
    assert "我们问了您：真的解决了吗 11月2日 09:00 您说：解决了" in lines(citizen)
    assert lines(citizen)[-1] == "办结 11月2日 09:00 已解决"
    assert "前" not in lines(citizen)[-1], "nothing is promised any more"


def test_not_solved_is_handled_again(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER, "answer_directly")
    story.does("callback", result="unsolved", satisfaction=1)
    follow(citizen, story)
    assert "我们问了您：真的解决了吗 11月2日 09:00 您说：没有解决" in lines(citizen)
    assert marks(citizen)["办理与协调"] == "now"


def test_who_was_not_reached_reads_that(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER, "answer_directly")
    story.does("callback", reached_citizen=False, contacted=None, result=None, satisfaction=None)
    assert "给您打过电话，没有接通 11月2日 09:00" in lines(follow(citizen, story))


def test_a_refusal_gives_reason_channel_and_letter(citizen: Citizen, story: Story) -> None:
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="litigation")
    story.does("tell_refusal", letter="这件事法院正在审理。\n请向法官反映。")
    follow(citizen, story)
    assert "这件不归我们办" in citizen.text
    assert "看过了，不能受理 11月2日 09:00 理由：已进入诉讼、仲裁" in lines(citizen)
    assert "可以找：人民法院或仲裁机构。这件事法院正在审理。 请向法官反映。" in lines(citizen)[-1]
    assert list(marks(citizen).values()) == ["is-done", "next", "next", "next", "next"]


def test_a_joined_case_follows_the_main_one_and_gets_its_answer(
    citizen: Citizen, app: APIFlask, story: Story, sessions: Sessions, vault: Vault, tmp_path: Path
) -> None:
    main = Story(sessions, story.clock, vault, tmp_path)
    main.receives(name="别人", phone="13999998888").goes_through(*TO_ANSWER[:4])
    story.receives().does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    follow(citizen, story)
    assert f"与 {main.number} 是同一件事，一起办" in citizen.text
    assert "那一件现在：办理与协调（市政公用事业局）" in citizen.text
    assert "等那一件的答复，有了就告诉您" in lines(citizen)
    main.goes_through(*TO_ANSWER[4:], "answer_directly")
    citizen.opens("/track/case")
    assert "市政维护处已更换灯泡，当晚亮灯。" in citizen.text
    assert "别人" not in citizen.page.text
    assert "8888" not in citizen.page.text
    assert follow(Citizen(app), story, digits="8888").status == 422, "each by its own phone"


def test_a_return_is_said_without_its_reason(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER[:3])
    story.does(
        "sign",
        signing="return",
        return_reason="not_our_duty",
        legal_basis="内部依据第三条",
        proposed_unit="housing_bureau",
    )
    follow(citizen, story)
    assert "承办单位说不归它办，重新派 11月2日 09:00" in lines(citizen)
    assert marks(citizen)["处理签与分发"] == "now"
    assert "内部依据" not in citizen.page.text


def test_what_is_late_is_said_plainly_and_so_is_supervision(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER[:4])
    story.passes(days=8)
    follow(citizen, story)
    assert "联系建议人：原定 11月9日（周一）18:00 前，没有做到" in citizen.text
    assert citizen.tree.xpath('//*[contains(@class, "note--late")]')
    assert "正在督办这一件" in citizen.text
    told = lines(citizen)
    assert any(line.startswith("没有按时：联系建议人 ") for line in told)
    assert any("因为超过了「联系建议人」的时限" in line for line in told)
    assert citizen.tree.xpath('//*[contains(@class, "due--late")][contains(., "超期")]')
    story.does("phone", promise="内部：主任说下周再看")
    citizen.opens("/track/case")
    assert any(line.startswith("督办：电话督办 ") for line in lines(citizen))
    assert "主任" not in citizen.page.text
    citizen.opens("/track/case?lang=en")
    assert "it was due by Mon 9 Nov, 18:00 and was not done" in citizen.text
    assert "This case is under supervision" in citizen.text


def test_a_supervisor_may_urge_without_a_limit_passing(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER[:4])
    story.supervises("phone", reason="内部：领导过问")
    follow(citizen, story)
    assert "开始督办 11月2日 09:00" in lines(citizen)
    assert "领导过问" not in citizen.page.text


def test_more_time_shows_the_old_and_the_new_date(
    citizen: Citizen, story: Story, sessions: Sessions
) -> None:
    story.receives().goes_through(*TO_ANSWER[:5])
    with transaction(sessions) as session:
        handler = story.with_role("handler", "utilities_bureau")
        supervisions.ask_extension(session, story.number, by=handler)
    story.worker.drain()
    assert "承办单位申请延期" in lines(follow(citizen, story))
    story.goes_through("request_extension", "approve_extension")
    citizen.opens("/track/case")
    assert "办理：11月16日（周一）18:00 前 原定 11月9日（周一）18:00，延后过一次。" in citizen.text
    assert any("办理：改到 11月16日（周一）18:00 前" in line for line in lines(citizen))
    assert citizen.tree.xpath('//li[contains(., "原到期")]')


def test_more_time_may_be_denied(citizen: Citizen, story: Story, sessions: Sessions) -> None:
    story.receives().goes_through(*TO_ANSWER[:5])
    with transaction(sessions) as session:
        handler = story.with_role("handler", "utilities_bureau")
        supervisions.ask_extension(session, story.number, by=handler)
    story.worker.drain()
    story.does("request_extension").does("approve_extension", decision="deny")
    assert any("延期没有批准" in line for line in lines(follow(citizen, story)))


# What stays inside -----------------------------------------------------------------------------


def test_nothing_of_the_offices_own_gets_out(citizen: Citizen, story: Story) -> None:
    story.receives(name="陈女士")
    follow(citizen, story)
    officers = list(story.people())
    for element in (*TO_ANSWER, "answer_directly", "callback"):
        story.does(element, **NOTES.get(element, {}))
        page = citizen.opens("/track/case").page.text
        assert "内部" not in page, element
        assert PHONE not in page
        assert "陈女士" not in page
        for officer in officers:
            assert officer.login not in page
            assert officer.name_zh not in page, element


def test_english_is_whole(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(*TO_ANSWER, "answer_directly")
    story.passes(days=8)
    follow(citizen, story).opens("/track/case?lang=en")
    tree = citizen.tree
    for own in tree.xpath('//*[@lang="zh-CN"]'):
        own.getparent().remove(own)
    (main,) = tree.xpath("//main")
    rest = [text for text in main.itertext() if _CHINESE.search(text)]
    assert rest == []
    for path in ("/", "/submit", "/track", "/submit/received"):
        citizen.opens(path)
        for own in (tree := citizen.tree).xpath('//*[@lang="zh-CN"]'):
            own.getparent().remove(own)
        assert not _CHINESE.search(" ".join(tree.xpath("//main")[0].itertext())), path


@contextmanager
def counted(sessions: Sessions) -> Iterator[list[str]]:
    """The statements sent to the database."""
    sent: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT")):
            sent.append(statement)

    bind = sessions.kw["bind"]
    event.listen(bind, "before_cursor_execute", note)
    yield sent
    event.remove(bind, "before_cursor_execute", note)


def test_the_page_takes_four_statements_however_long_the_story(
    story: Story, sessions: Sessions
) -> None:
    story.receives().goes_through(*TO_ANSWER, "answer_directly")
    story.passes(days=8)
    assert story.received is not None
    with reading(sessions) as session:
        tracking.course(session, story.received.case_id)
        with counted(sessions) as sent:
            tracking.course(session, story.received.case_id)
    assert len(sent) == 4


def test_a_contact_without_an_identity_left_needs_the_code_alone(
    citizen: Citizen, story: Story, sessions: Sessions
) -> None:
    story.receives()
    with transaction(sessions) as session:
        session.execute(update(Contact).values(identity_id=None))
    assert story.number in follow(citizen, story, digits="9999").text


def test_neither_code_nor_words_reach_the_log(
    citizen: Citizen, story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.receives()
    assert story.received is not None
    with caplog.at_level(logging.INFO):
        follow(citizen, story, digits="9876")
        follow(citizen, story)
        citizen.opens("/track/case")
    assert BODY in citizen.text
    for said in (story.received.code, BODY, PHONE, "9876"):
        assert said not in caplog.text
