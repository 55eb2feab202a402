"""What citizens send is kept as it came, and shown clean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine.commands import cases, tasks
from engine.commands.cases import (
    LONGEST_BODY,
    LONGEST_NAME,
    LONGEST_PLACE,
    LONGEST_RAW,
    LONGEST_TITLE,
    Said,
    cleaned_line,
    cleaned_text,
    kept_raw,
)
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.identity import Reporter, normal_code
from engine.models import Case, CaseStatus, Contact, HistoryEvent, Identity, Instance, Matter
from tests.racing import failures, together
from tests.story import TO_THE_ANSWER, answers_for

BODY = "解放东路口第三盏路灯不亮。"
BLANKS = ["\u3000", "\u00a0", "\t", "\u2003", "\u2009", "\u202f", "\u205f", "\u1680", " "]
UNSEEN = [
    "\u200b",
    "\ufeff",
    "\u200e",
    "\u202e",
    "\u2060",
    "\u00ad",
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
]
BREAKS = ["\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\n"]
_PACK = "gl-jindianzi"


@pytest.mark.both
def test_a_contact_becomes_a_case_whose_process_runs(sessions, vault, held):
    told = _receive(sessions, vault, title="路灯", category="urban", place="解放东路")
    assert told.number == "GL-20261102-000001"
    with reading(sessions) as session:
        case = session.scalars(select(Case)).one()
        contact = session.scalars(select(Contact)).one()
        identity = session.scalars(select(Identity)).one()
        instance = session.scalars(select(Instance)).one()
        kinds = session.scalars(
            select(HistoryEvent.kind)
            .where(HistoryEvent.stream == f"case:{case.id.hex}")
            .order_by(HistoryEvent.seq)
        ).all()
    assert (case.id, contact.id, contact.case_id) == (told.case_id, told.contact_id, told.case_id)
    assert (case.status, case.stage, case.category) == (CaseStatus.OPEN, "screening", "urban")
    assert (case.received_at, contact.received_at, contact.entered_at) == (held.at,) * 3
    assert (instance.part, instance.status) == ("appeal", "running")
    assert kinds[0] == "case.received"
    assert contact.code_hmac == vault.look_up(normal_code(told.code))
    assert vault.open(identity.key_id, identity.sealed) == Reporter("陈女士", "13800001234")
    assert identity.phone_hmac == vault.look_up("13800001234")
    assert case.facts.get("may_call_back", True)
    assert "anonymous" not in case.facts


@pytest.mark.both
@pytest.mark.parametrize(
    "body",
    [
        "<script>alert('路灯')</script>&lt;b&gt;",
        '\'; DROP TABLE "case"; --',
        "{{ 7 * 7 }} {% raw %} ${x} %s %(x)s \\x00 \\u0000",
        "👩\u200d👩\u200d👧 💡🫨 ❤️ 🇨🇳",
        "𠮷野家的路灯 𰻞𰻞面 \U00031350",
        "  前面有空格\r\n\r\n\r\n\r\n后面也有\u3000\u3000\t ",
        "\u202e反过来\u202c \ufeff\u200b零宽",
        "\x07铃\x1b[31m红\x1b[0m\x7f",
        "ก็ é à é ﷽ ١٢٣",
    ],
)
def test_what_came_is_kept_to_the_last_sign(sessions, vault, held, body):
    _receive(sessions, vault, title=f"  {body}  "[:100], body=body)
    with reading(sessions) as session:
        contact = session.scalars(select(Contact)).one()
        case = session.scalars(select(Case)).one()
    assert contact.raw_body == body
    assert contact.raw_title == f"  {body}  "[:100]
    assert case.body == cleaned_text(body)
    assert case.title == cleaned_line(f"  {body}  "[:100])


@pytest.mark.both
def test_what_no_database_can_hold_is_marked_and_the_rest_is_kept(sessions, vault, held):
    _receive(sessions, vault, title="路\x00灯", body="不\x00亮\ud800了", name="陈\x00女\udfff士")
    with reading(sessions) as session:
        contact = session.scalars(select(Contact)).one()
        case = session.scalars(select(Case)).one()
        identity = session.scalars(select(Identity)).one()
    assert (contact.raw_title, contact.raw_body) == ("路\ufffd灯", "不\ufffd亮\ufffd了")
    assert (case.title, case.body) == ("路灯", "不亮了")
    assert vault.open(identity.key_id, identity.sealed).name == "陈女士"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_every_kind_of_blank_is_one_space(blank):
    assert cleaned_text(f"{blank}{blank}路{blank}{blank}灯{blank}") == "路 灯"
    assert cleaned_text(blank * 50) == ""
    assert cleaned_text(f"路灯{blank}\n{blank}不亮") == "路灯\n不亮"


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_signs_nobody_sees_go(sign):
    assert cleaned_text(f"{sign}路{sign}{sign}灯{sign}") == "路灯"
    assert cleaned_text(sign * 50) == ""


@pytest.mark.parametrize("sign", BREAKS, ids=ascii)
def test_every_kind_of_line_end_is_one(sign):
    assert cleaned_text(f"路灯{sign}不亮") == "路灯\n不亮"
    assert cleaned_line(f"路灯{sign}不亮") == "路灯 不亮"
    assert cleaned_text(f"{sign}路灯{sign * 7}不亮{sign}") == "路灯\n\n不亮"


def test_a_rare_sign_newer_than_this_python_is_kept():
    assert cleaned_text("\U00031350家 🫨") == "\U00031350家 🫨"
    assert cleaned_text("路\ufffe\uffff\U0010ffff\ufdd0灯") == "路灯", "these are no characters"


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text):
    clean = cleaned_text(text)
    assert cleaned_text(clean) == clean
    assert clean == clean.strip()
    assert "\n\n\n" not in clean
    assert "  " not in clean
    assert not any(sign.isspace() and sign not in " \n" for sign in clean)
    line = cleaned_line(text)
    assert "\n" not in line
    assert "  " not in line
    assert cleaned_line(line) == line
    clean.encode()
    kept_raw(text).encode()
    assert len(kept_raw(text)) == len(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_text_that_can_be_kept_is_kept_as_it_is(text):
    assert kept_raw(text) == text


@pytest.mark.parametrize("body", ["", " ", "\n\n", "\u3000\u200b\ufeff\t\x00", "\u00a0" * 9000])
def test_a_contact_that_says_nothing_is_refused(sessions, vault, held, body):
    assert set(_refused(sessions, vault, title="路灯", body=body)) == {"body"}


def test_the_first_line_stands_in_for_a_title(sessions, vault, held):
    _receive(sessions, vault, title=" \u3000", body="路灯" * 50 + "\n第二行")
    with reading(sessions) as session:
        assert session.scalars(select(Case.title)).one() == "路灯" * 30


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"title": "路" * (LONGEST_TITLE + 1)}),
        ("body", {"body": "路" * (LONGEST_BODY + 1)}),
        ("body", {"body": "路" * 1_000_000}),
        ("body", {"body": "路灯不亮" + " " * LONGEST_RAW}),
        ("title", {"title": "路灯不亮" + "\u200b" * LONGEST_RAW}),
        ("place", {"place": "路" * (LONGEST_PLACE + 1)}),
        ("name", {"name": "陈" * (LONGEST_NAME + 1)}),
        ("phone", {"phone": "没有电话"}),
        ("phone", {"phone": "1234"}),
        ("phone", {"phone": "1" * 21}),
        ("phone", {"phone": "13800001234<b>"}),
        ("channel", {"channel": "pigeon"}),
        ("channel", {"channel": ""}),
        ("category", {"category": "weather"}),
        ("category", {"category": "Urban"}),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(sessions, vault, held, field, said):
    fields = _refused(sessions, vault, **said)
    assert set(fields) == {field}
    assert {"zh", "en"} == set(fields[field])
    assert all(fields[field].values())
    for text in said.values():
        assert not text or text not in str(fields), "what was said is not repeated"
    with reading(sessions) as session:
        for table in (Case, Contact, Identity, HistoryEvent):
            wanted = select(func.count()).select_from(table)
            if table is HistoryEvent:
                wanted = wanted.where(HistoryEvent.stream != "system")
            assert session.scalar(wanted) == 0


def test_all_faults_are_told_at_once(sessions, vault, held):
    fields = _refused(
        sessions,
        vault,
        title="路" * 300,
        body="",
        place="路" * 300,
        name="陈" * 99,
        phone="x",
        channel="x",
        category="x",
    )
    assert set(fields) == {"title", "body", "place", "name", "phone", "channel", "category"}


def test_the_bounds_themselves_are_allowed_and_outer_blanks_do_not_count(sessions, vault, held):
    _receive(
        sessions,
        vault,
        title=" " + "题" * LONGEST_TITLE,
        body="\n" * 500 + "文" * LONGEST_BODY,
        place="地" * LONGEST_PLACE + " " * 300,
        name="名" * LONGEST_NAME + "\u3000" * 9,
    )
    with reading(sessions) as session:
        case = session.scalars(select(Case)).one()
    assert (len(case.title), len(case.body), len(case.place)) == (200, 5000, 200)


@pytest.mark.parametrize("nothing", ["", " ", "\u3000", "\u200b"])
def test_blanks_are_no_name_and_no_phone(sessions, vault, held, nothing):
    _receive(sessions, vault, name=nothing, phone=nothing if nothing != "\u200b" else "-")
    with reading(sessions) as session:
        facts = session.scalars(select(Case.facts)).one()
        assert session.scalars(select(Identity.id)).all() == []
        assert session.scalars(select(Contact.identity_id)).one() is None
    assert (facts.get("anonymous"), facts.get("may_call_back")) == (True, False)


def test_a_name_without_a_phone_cannot_be_called_back(sessions, vault, held):
    _receive(sessions, vault, phone="")
    with reading(sessions) as session:
        facts = session.scalars(select(Case.facts)).one()
        assert session.scalars(select(Identity.phone_hmac)).one() is None
    assert (facts.get("anonymous"), facts.get("may_call_back")) == (None, False)


def test_a_pack_that_is_not_there_is_not_found(sessions, vault, held):
    with pytest.raises(NotFound), transaction(sessions) as session:
        cases.receive(session, vault, "atlantis", Said("web", "路灯", BODY))


@pytest.mark.both
def test_the_same_of_an_import_is_taken_once(sessions, vault, held):
    _receive(sessions, vault, source="sheet", source_id="7")
    with pytest.raises(Conflict):
        _receive(sessions, vault, source="sheet", source_id="7")
    _receive(sessions, vault, source="sheet", source_id="8")
    _receive(sessions, vault, source="other", source_id="7")
    _receive(sessions, vault)
    _receive(sessions, vault)
    with reading(sessions) as session:
        numbers = session.scalars(select(Case.number).order_by(Case.number)).all()
        assert session.scalar(select(func.count()).select_from(Contact)) == len(numbers) == 5


@pytest.mark.both
def test_the_same_of_an_import_at_once_is_taken_once(sessions, vault, held):
    results = together([lambda: _receive(sessions, vault, source="s", source_id="7")] * 3)
    assert [type(error) for error in failures(results)] == [Conflict, Conflict]
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_what_was_said_earlier_keeps_its_time_and_gets_the_clocks_of_today(sessions, vault, held):
    earlier = held.at.replace(year=2020)
    told = _receive(sessions, vault, received_at=earlier)
    with reading(sessions) as session:
        case = session.scalars(select(Case)).one()
        contact = session.scalars(select(Contact)).one()
    assert (case.received_at, contact.received_at, contact.entered_at) == (
        earlier,
        earlier,
        held.at,
    )
    assert told.number.startswith("GL-20261102-")


def test_the_day_of_a_number_is_the_city_s(sessions, vault, held):
    held.advance(hours=-8.5)  # half past midnight there, yesterday in UTC
    assert _receive(sessions, vault).number == "GL-20261102-000001"
    held.advance(hours=-1)
    assert _receive(sessions, vault).number == "GL-20261101-000001"


def test_a_duplicate_that_comes_after_the_answer_went_out_does_not_wait_for_it(story):
    story.receives().goes_through(*TO_THE_ANSWER)
    main = story.received
    assert story.waiting_for == {"callback"}
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    assert story.waiting_for & {"answer_directly", "callback"}
    assert story.case.status == CaseStatus.MERGED


def test_a_duplicate_of_what_is_handled_again_waits_for_the_new_answer(story):
    story.receives().goes_through(*TO_THE_ANSWER).does("callback", result="unsolved")
    main = story.received
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    joined = story.received
    assert not story.waiting_for
    story.received = main
    story.goes_through(*TO_THE_ANSWER[3:])
    story.received = joined
    assert story.waiting_for & {"answer_directly", "callback"}


def test_two_cases_are_not_each_other_s_duplicate(story):
    story.receives().does("complete_record")
    first = story.received
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    second = story.received
    story.does("screen", opinion="duplicate", matter=first.number)
    story.received = first
    with pytest.raises(InvalidAnswers) as caught:
        story.does("screen", opinion="duplicate", matter=second.number)
    assert set(caught.value.fields) == {"matter"}
    assert story.waiting_for == {"screen"}


def test_a_refused_case_or_none_or_oneself_is_no_main_case(story):
    story.receives().does("complete_record")
    refused = story.received
    story.does("screen", opinion="refuse", refusal_reason="litigation")
    story.does("tell_refusal", legal_channel="court")
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    for number in (refused.number, story.number, "GL-19990101-000001", "'; --"):
        with pytest.raises(InvalidAnswers) as caught:
            story.does("screen", opinion="duplicate", matter=number)
        assert set(caught.value.fields) == {"matter"}
    assert story.waiting_for == {"screen"}


def test_a_case_that_is_joined_brings_those_joined_to_it(story):
    story.receives().does("complete_record")
    middle = story.received
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    last = story.received
    story.does("screen", opinion="duplicate", matter=middle.number)
    story.receives(name="王先生", phone="13700005678").does("complete_record")
    main = story.received
    story.received = middle
    story.does("screen", opinion="duplicate", matter=main.number)
    story.received = main
    story.goes_through(*TO_THE_ANSWER[1:])
    for one in (middle, last):
        story.received = one
        assert story.waiting_for & {"answer_directly", "callback"}, one.number
        assert story.chain_is_whole()


@pytest.mark.both
def test_duplicates_of_one_case_screened_at_once_all_get_its_answer(story):
    story.receives().goes_through("complete_record", "screen")
    main = story.received
    joined, pending = [], []
    for number in range(2):
        story.receives(name=f"市民{number}", phone=f"1390000{number:04d}").does("complete_record")
        joined.append(story.received)
        task = story.task("screen")
        answers = answers_for("screen", story.clock.at, opinion="duplicate", matter=main.number)
        pending.append((task.id, answers, story.someone_for(task)))

    def screen(task_id, answers, by):
        with transaction(story.sessions) as session:
            tasks.complete(session, task_id, answers, by=by)

    assert not failures(together([lambda one=one: screen(*one) for one in pending]))
    story.received = main
    story.goes_through(*TO_THE_ANSWER[2:])
    for one in joined:
        story.received = one
        assert story.waiting_for & {"answer_directly", "callback"}, one.number
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Matter)) == 1


def _receive(sessions, vault, **said):
    reporter = Reporter(said.pop("name", "陈女士"), said.pop("phone", "13800001234"))
    whole = {"channel": "web", "title": "路灯", "body": BODY, "reporter": reporter} | said
    with transaction(sessions) as session:
        return cases.receive(session, vault, _PACK, Said(**whole))


def _refused(sessions, vault, **said):
    with pytest.raises(InvalidAnswers) as caught:
        _receive(sessions, vault, **said)
    return caught.value.fields
