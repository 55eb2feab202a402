"""Citizens say something in three small steps; nothing is lost, and every refusal is in words."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from limits import parse
from sqlalchemy import select, update

from engine.clock import Held
from engine.commands import deployments
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, City, Contact, Idempotency, Identity, Pack, Unit
from tests.databases import WORKFLOWS
from tests.story import PHONE, Story
from tests.web.citizen import SUBMIT, Citizen, portal
from web.pages import portal as pages

BODY = "滨江路和平桥往南，连着四盏路灯不亮。\n昨晚有位老人绊了一下。"
PLACE = "滨江路 12 号对面"


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path, vault: Vault) -> APIFlask:
    return portal(sessions, tmp_path, vault)


@pytest.fixture
def citizen(app: APIFlask) -> Citizen:
    return Citizen(app)


def cases(sessions: Sessions) -> list[Case]:
    with reading(sessions) as session:
        return list(session.scalars(select(Case).order_by(Case.number)))


def test_the_first_page_has_two_doors_and_no_invented_number(citizen: Citizen) -> None:
    citizen.opens("/")
    doors = {a.get("href") for a in citizen.tree.xpath('//a[contains(@class, "btn")]')}
    assert doors == {"/submit", "/track"}
    assert "近 30 天" not in citizen.text
    assert "派给承办单位后 5 个工作日内有人联系您" in citizen.text
    assert "城市建设与管理" in citizen.text


def test_public_numbers_are_counted_from_the_cases(citizen: Citizen, story: Story) -> None:
    story.receives().goes_through(
        *("complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle"),
        *("write_answer", "review_answer", "answer_directly", "callback"),
    )
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.passes(days=8)
    story.receives()
    citizen.opens("/")
    assert "3 件 （办理中 2，办结 1，并案 0，不予受理 0）" in citizen.text
    assert "按时联系市民 50.0% （到了期限的 2 件中 1 件）" in citizen.text
    assert "100.0% （问到的 1 件中 1 件）" in citizen.text
    citizen.opens("/?lang=en")
    assert "3 cases (2 in hand, 1 closed, 0 joined, 0 refused)" in citizen.text
    assert "50.0% (1 of 2 due)" in citizen.text


def test_public_numbers_are_counted_again_after_ten_minutes(
    citizen: Citizen, story: Story, held: Held
) -> None:
    story.receives()
    assert "1 件" in citizen.opens("/").text
    story.receives()
    assert "1 件" in citizen.opens("/").text
    held.advance(minutes=10)
    assert "2 件" in citizen.opens("/").text
    held.advance(days=31)
    assert "近 30 天" not in citizen.opens("/").text


def test_three_steps_and_a_check_make_a_case(
    citizen: Citizen, sessions: Sessions, vault: Vault
) -> None:
    citizen.opens(SUBMIT)
    assert citizen.heading == "发生了什么？"
    citizen.presses(body=BODY, category="urban")
    assert citizen.heading == "在哪里？"
    citizen.presses(place=PLACE)
    assert citizen.heading == "怎样联系您？"
    citizen.presses(name="苏女士", phone="138 0000 2719", confidential="yes")
    assert citizen.heading == "交出去之前，再看一眼"
    for shown in ("昨晚有位老人绊了一下。", "城市建设与管理", PLACE, "苏女士", "138 0000 2719"):
        assert shown in citizen.text
    assert "只有受理办公室能看到您是谁" in citizen.text
    citizen.presses("send")
    assert citizen.page.request.path == "/submit/received"
    (case,) = cases(sessions)
    assert citizen.number == case.number
    assert (case.body, case.place, case.category) == (BODY, PLACE, "urban")
    assert (case.channel, case.confidential, case.status) == ("web", True, "open")
    with reading(sessions) as session:
        identity = session.scalars(select(Identity)).one()
    person = vault.open(identity.key_id, identity.sealed)
    assert (person.name, person.phone) == ("苏女士", "13800002719")


def test_the_confirmation_says_until_when_by_the_cases_own_ledger(
    citizen: Citizen, sessions: Sessions, story: Story
) -> None:
    story.receives()
    (ledger,) = story.deadlines("register")
    assert ledger.due_at is not None
    citizen.says(BODY, phone=PHONE).presses("send")
    assert "在金点子办公室：登记中" in citizen.text
    assert "登记 11月2日（周一）11:00 前" in citizen.text
    assert f"{ledger.due_at:%H:%M}" == "03:00", "11:00 in China"
    assert "派单后 5 个工作日内。" in citizen.text
    assert "期限 2 小时" in citizen.text
    citizen.opens("/submit/received?lang=en")
    assert "by Mon 2 Nov, 11:00" in citizen.text
    assert "Within 5 working days of being assigned." in citizen.text


def test_the_confirmation_leads_to_the_case_without_typing_the_code(citizen: Citizen) -> None:
    citizen.says(BODY).presses("send")
    number = citizen.number
    assert number in citizen.opens("/track/case").text


def test_the_code_is_shown_for_a_while_in_this_browser_only(
    citizen: Citizen, app: APIFlask, held: Held
) -> None:
    citizen.says(BODY).presses("send")
    code = citizen.code
    assert citizen.opens("/submit/received").code == code
    assert "这一页已经收起" in Citizen(app).opens("/submit/received").text
    held.advance(minutes=16)
    assert code not in citizen.opens("/submit/received").page.text


def test_the_code_lies_nowhere_in_the_database(citizen: Citizen, sessions: Sessions) -> None:
    citizen.says(BODY).presses("send")
    with reading(sessions) as session:
        kept = json.dumps([row.answer for row in session.scalars(select(Idempotency))])
        contact = session.scalars(select(Contact)).one()
    assert citizen.code not in kept
    assert citizen.code.replace("-", "") not in kept
    assert citizen.code.encode() not in contact.code_hmac


def test_going_back_loses_nothing(citizen: Citizen) -> None:
    citizen.says(BODY, place=PLACE, name="苏女士", phone=PHONE, confidential="yes")
    for step, name, typed in (
        ("what", "body", BODY),
        ("where", "place", PLACE),
        ("contact", "phone", PHONE),
    ):
        citizen.presses(step)
        assert citizen.typed(name) == typed
    citizen.presses("back", phone="half a pho")
    assert citizen.heading == "在哪里？"
    citizen.presses()
    assert citizen.typed("phone") == "half a pho"
    assert citizen.typed("confidential") == "yes"


def test_another_language_in_the_middle_loses_nothing(citizen: Citizen) -> None:
    citizen.opens(SUBMIT).presses(body=BODY).presses("stay", place=PLACE)
    path, values = citizen.posted
    citizen.sends(f"{path}?lang=en", values)
    assert citizen.heading == "Where is it?"
    assert citizen.typed("place") == PLACE
    assert citizen.typed("body") == BODY
    assert citizen.presses().heading == "How can we reach you?"


def test_a_page_open_too_long_keeps_what_was_typed(citizen: Citizen, sessions: Sessions) -> None:
    citizen.says(BODY, phone=PHONE)
    _, values = citizen.posted
    citizen.sends("/submit", {**values, "at": "check", "go": "send", "csrf_token": "stale"})
    assert citizen.status == 400
    assert "这一页开得太久了" in citizen.text
    assert cases(sessions) == []
    citizen.presses("send")
    assert len(cases(sessions)) == 1


@pytest.mark.parametrize(
    ("step", "typed", "words"),
    [
        ("what", {"body": ""}, "写下您要说的事，一句话也可以。"),
        ("what", {"body": " \n\t\u3000 "}, "写下您要说的事，一句话也可以。"),
        ("what", {"body": "\x00\x07\x1b\u200b"}, "写下您要说的事，一句话也可以。"),
        ("what", {"body": "灯" * 5001}, "最多 5000 个字，现在有 5001 个。"),
        ("what", {"body": "a" * 1_000_000}, "最多 5000 个字，现在有 1000000 个。"),
        ("what", {"body": BODY, "category": "heating"}, "这一项要从列表里选。"),
        ("where", {"place": "路" * 201}, "最多 200 个字，现在有 201 个。"),
        ("contact", {"name": "名" * 51}, "最多 50 个字，现在有 51 个。"),
        ("contact", {"phone": "不告诉你"}, "电话写 5 到 20 位数字"),
        ("contact", {"phone": "1234"}, "电话写 5 到 20 位数字"),
        ("contact", {"phone": "1" * 21}, "电话写 5 到 20 位数字"),
        ("contact", {"phone": "<script>alert(1)</script>"}, "电话写 5 到 20 位数字"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_it(
    citizen: Citizen, sessions: Sessions, step: str, typed: dict[str, str], words: str
) -> None:
    citizen.opens(SUBMIT)
    for earlier in list(pages.STEPS)[: list(pages.STEPS).index(step)]:
        citizen.presses(**({"body": BODY} if earlier == "what" else {}))
    citizen.presses(**typed)
    assert citizen.status == 422
    assert citizen.page.text.count("<title>错误：") == 1
    assert len(citizen.faults) == 1
    assert words in citizen.faults[0]
    name = list(typed)[-1]
    assert citizen.tree.xpath(f'//*[@id="{name}"]'), "the summary leads to the control"
    if name != "category":
        assert citizen.typed(name).strip() == typed[name].replace("\x00", "").strip()
    # The same by somebody who skips the steps.
    _, values = citizen.posted
    citizen.sends("/submit", {**values, "at": "check", "go": "send"})
    assert citizen.status == 422
    assert words in citizen.faults[0]
    assert cases(sessions) == []


def test_the_refusals_are_english_too(citizen: Citizen) -> None:
    citizen.opens(f"{SUBMIT}&lang=en").presses(body="")
    assert citizen.faults == ["Tell us what it is about; one sentence will do."]
    assert "<title>Error: What happened? (1/4)" in citizen.page.text


def test_more_than_a_page_holds_is_refused_in_words(citizen: Citizen, sessions: Sessions) -> None:
    citizen.opens(SUBMIT).presses(body="a" * 3_000_000)
    assert citizen.status == 413
    assert "内容太大，没有收下 文字最多 5,000 字。" in citizen.text
    assert cases(sessions) == []


def test_every_sign_is_taken_and_shown_as_it_is(citizen: Citizen, sessions: Sessions) -> None:
    odd = '路灯😀不亮\x07<b>粗</b><script>alert(1)</script> & "引" 䶮㛃𬭩赟{{ 7*7 }}'
    citizen.says(odd, name="O'Neill <i>", place="<img src=x>").presses("send")
    (case,) = cases(sessions)
    assert case.body == odd.replace("\x07", "")
    citizen.opens("/track/case")
    assert "<script>alert" not in citizen.page.text
    assert "<b>粗" not in citizen.page.text
    assert "路灯😀不亮<b>粗</b><script>alert(1)</script>" in citizen.text


def test_the_same_form_twice_is_one_case_with_one_code(
    citizen: Citizen, sessions: Sessions
) -> None:
    citizen.says(BODY).presses("send")
    path, values = citizen.posted
    number, code = citizen.number, citizen.code
    citizen.sends(path, values)
    assert (citizen.number, citizen.code) == (number, code)
    assert len(cases(sessions)) == 1


def test_the_same_form_four_times_at_once_is_one_case(
    citizen: Citizen, app: APIFlask, sessions: Sessions
) -> None:
    citizen.says(BODY)
    values = citizen.values | {"go": "send"}
    cookie = citizen.client.get_cookie("huiyin")
    assert cookie is not None

    def send(_n: int) -> tuple[str, str]:
        twin = Citizen(app)
        twin.client.set_cookie("huiyin", cookie.value)
        twin.sends("/submit", values)
        return twin.number, twin.code

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(send, range(4)))
    assert len(told) == 1
    assert len(cases(sessions)) == 1


def test_a_sent_form_with_other_words_asks_once_more(citizen: Citizen, sessions: Sessions) -> None:
    citizen.says(BODY).presses("send")
    path, values = citizen.posted
    citizen.sends(path, {**values, "body": "另一件事"})
    assert citizen.status == 409
    assert "这一次没有交出去，内容都在" in citizen.text
    assert "另一件事" in citizen.text
    citizen.presses("send")
    assert [case.body for case in cases(sessions)] == [BODY, "另一件事"]


def test_nobody_has_to_say_who_they_are(citizen: Citizen, sessions: Sessions) -> None:
    citizen.says(BODY)
    assert "没有留，没有人能联系您" in citizen.text
    citizen.presses("send")
    assert "查进度只用查询码" in citizen.text
    assert "承办单位联系您" not in citizen.text
    (case,) = cases(sessions)
    assert case.facts["anonymous"] is True
    with reading(sessions) as session:
        assert session.scalars(select(Identity)).all() == []


def test_too_many_from_one_address_wait_and_lose_nothing(
    citizen: Citizen, app: APIFlask, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_SENT", parse("2 per hour"))
    for _ in range(3):
        citizen.says(BODY).presses("send")
    assert citizen.status == 429
    assert "过一小时再交，或者拨打 12345" in citizen.text
    assert citizen.typed("body") == BODY
    assert len(cases(sessions)) == 2
    assert Citizen(app, "203.0.113.9").says(BODY).presses("send").number


@pytest.mark.parametrize("bad", [{"at": "nowhere"}, {"go": "astray"}, {"at": "", "go": ""}])
def test_a_forged_step_is_only_a_step(
    citizen: Citizen, sessions: Sessions, bad: dict[str, str]
) -> None:
    citizen.opens(SUBMIT).presses(body="")
    _, values = citizen.posted
    citizen.sends("/submit", {**values, **bad})
    assert citizen.status == 422
    assert citizen.heading == "发生了什么？"
    assert cases(sessions) == []


def test_a_forged_pack_leads_to_the_beginning(citizen: Citizen, sessions: Sessions) -> None:
    citizen.says(BODY).presses("send", pack="base-12345")
    assert citizen.heading == "您想对哪里说？"
    assert cases(sessions) == []


def test_a_category_of_the_first_page_is_chosen_already(citizen: Citizen) -> None:
    assert citizen.opens(f"{SUBMIT}&category=noise").typed("category") == "noise"
    assert citizen.opens(f"{SUBMIT}&category=none-such").typed("category") == ""


def another_pack(sessions: Sessions, folder: Path, **changed: Any) -> None:
    """Deploy a second system of the same city."""
    shipped = WORKFLOWS / "packs"
    for key in ("base-12345", "gl-jindianzi"):
        (folder / key).mkdir()
        (folder / key / "pack.json").write_bytes((shipped / key / "pack.json").read_bytes())
    content = json.loads((folder / "gl-jindianzi" / "pack.json").read_text("utf-8"))
    content |= {"key": "gl-letters", "prefix": "XX", "name": {"zh": "市长信箱", "en": "Letters"}}
    (folder / "gl-letters").mkdir()
    (folder / "gl-letters" / "pack.json").write_text(json.dumps(content | changed), "utf-8")
    with transaction(sessions) as session:
        deployments.deploy_pack(session, folder / "gl-letters")


def test_where_two_offices_listen_one_chooses(
    citizen: Citizen, sessions: Sessions, tmp_path: Path
) -> None:
    another_pack(sessions, tmp_path)
    citizen.opens("/submit")
    assert citizen.heading == "您想对哪里说？"
    (link,) = citizen.tree.xpath('//a[contains(., "市长信箱")]/@href')
    citizen.opens(link).presses(body=BODY).presses().presses().presses("send")
    assert citizen.number.startswith("XX-")
    assert citizen.opens("/").status == 200


def test_a_pack_without_the_web_is_not_offered(
    citizen: Citizen, sessions: Sessions, tmp_path: Path
) -> None:
    another_pack(sessions, tmp_path, channels=[{"key": "letter", "zh": "信件", "en": "Letter"}])
    assert "市长信箱" not in citizen.opens("/submit").text


def test_where_nobody_listens_yet_the_page_says_so(citizen: Citizen, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.execute(update(Unit).values(active=False))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
    assert "网上还没有开通" in citizen.opens("/submit").text
    assert citizen.opens("/").status == 200
    with reading(sessions) as session:
        assert session.scalars(select(Pack)).all(), "it is the office that is missing"


def test_nothing_typed_reaches_the_log(citizen: Citizen, caplog: pytest.LogCaptureFixture) -> None:
    secret = "只有我知道的一句话"
    with caplog.at_level(logging.INFO):
        citizen.opens(SUBMIT).presses(body="")
        citizen.says(secret, place="秘密小巷", name="不留名", phone="不是电话")
        citizen.presses(phone="13811112222").presses("send")
        path, values = citizen.posted
        citizen.sends(path, {**values, "body": f"{secret}又说"})
        citizen.sends(path, {**values, "csrf_token": "stale"})
    assert len(citizen.text) > 0
    for said in (secret, "秘密小巷", "不留名", "不是电话", "13811112222"):
        assert said not in caplog.text
