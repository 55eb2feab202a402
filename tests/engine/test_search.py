"""What cases are found by: words, numbers and phones, as far as somebody may know of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from engine import bigrams, text_index
from engine.db import reading, table, transaction
from engine.models import Case, CaseWords
from engine.prepared import wire
from engine.queries import case_list, commonness, search
from tests.counting import statements

HAN = st.text(alphabet="路灯不亮噪声扰民解放东水管〇", min_size=1, max_size=12)


# Words ------------------------------------------------------------------------------------------


def test_chinese_is_cut_into_pairs_and_other_words_are_kept():
    assert bigrams.tokens("路灯不亮") == ["路灯", "灯不", "不亮", "亮"]
    assert bigrams.tokens("东路 12 号 Ａ座") == ["东路", "路", "12", "号", "a", "座"]
    assert bigrams.tokens("GL-20261121-000123") == ["gl", "20261121", "000123"]
    assert bigrams.tokens("Straße, ÉTÉ") == ["strasse", "été"]
    assert bigrams.tokens("！——…") == []
    assert bigrams.tokens("x" * 100) == ["x" * bigrams.LONGEST]
    assert bigrams.tokens("𠮷野家") == ["𠮷野", "野家", "家"]


@given(HAN, HAN, HAN)
def test_every_part_of_a_text_is_found_in_it(before, part, behind):
    there = bigrams.tokens(before + part + behind)
    for token, begins in bigrams.asked(part):
        assert any(one.startswith(token) if begins else one == token for one in there)


@given(st.text(max_size=30))
def test_any_text_becomes_letters_and_digits(said):
    """Nothing is left in a token that a database's own language of questions would understand."""
    told = bigrams.tokens(said)
    # A sign of a Unicode newer than Python's is Chinese by where it stands.
    assert all(sign.isalnum() or sign > "\u3400" for one in told for sign in one)
    assert all(0 < len(one) <= bigrams.LONGEST for one in told)
    assert {token for token, _ in bigrams.asked(said)} <= {*told} | {
        sign for one in told for sign in one
    }


def test_how_alike_two_texts_are():
    one, other = bigrams.pairs("路灯不亮"), bigrams.pairs("路灯又不亮了")
    assert bigrams.likeness(one, one) == 1
    assert bigrams.likeness(one, other) == pytest.approx(0.5)
    assert bigrams.likeness(one, bigrams.pairs("自来水发黄")) == 0
    assert bigrams.likeness(set(), set()) == 0


# The index --------------------------------------------------------------------------------------


def found(story, words, login="ling.yuan", phone=False):
    """The numbers of the cases that somebody finds."""
    actor = story.actor(login)
    with reading(story.sessions) as session:
        wanted = case_list.Filter(text=words)
        page = case_list.page(session, actor, wanted, story.vault if phone else None)
        seen = [line.number for line in page.lines]
        of_cases = select(Case.number).where(search.matching(session, actor, words, story.vault))
        if phone:
            assert {*seen} <= {*session.scalars(of_cases)}
    assert len(seen) == page.total
    return seen


@pytest.mark.both
def test_a_case_is_found_by_what_it_says(story):
    story.receives(title="会仙路积水", body="雨后会仙路 36 号门口积水很深。", place="会仙路 36 号")
    first = story.number
    story.receives(title="广场噪声", body="晚上十点后 KTV 声音很大", place="中心广场")
    second = story.number
    for words in ("积水", "水很深", "会仙路36号", "仙", "３６", "会仙 积水"):
        assert found(story, words) == [first], words
    for words in ("广场噪声", "ktv", "KTV", "声音 中心", "广"):
        assert found(story, words) == [second], words
    for words in ("噪声积水", "没有的话", "!!", "'\" OR * : NEAR(", "路路"):
        assert found(story, words) == [], words
    assert found(story, first) == found(story, first.lower()) == [first]
    assert found(story, first[-6:]) == [first]
    assert found(story, first[:11]) == [second, first], "the newest first"


@pytest.mark.both
def test_what_is_put_right_is_found_by_its_new_words_alone(story):
    story.receives(title="路灯", body="晚上看不清。", place="")
    assert found(story, "看不清") == [story.number]
    story.does("complete_record", title="桥下井盖丢失", place="虹桥东侧")
    for words in ("井盖", "虹桥", "看不清", story.number[-6:]):
        assert found(story, words) == [story.number], words
    assert found(story, "路灯") == []


@pytest.mark.both
def test_confidential_text_is_not_in_the_index(story):
    story.receives(title="举报商家", body="多收停车费。", confidential=True)
    secret = story.number
    assert found(story, "停车费") == found(story, "商家") == []
    assert found(story, secret) == found(story, secret[-6:]) == [secret]
    story.does("complete_record", title="停车收费不合理")
    assert found(story, "停车") == []


@pytest.mark.both
def test_what_is_made_confidential_or_sealed_leaves_the_index_and_what_is_erased_too(story):
    story.receives(title="办事被拖", body="窗口人员说缺材料。")
    assert found(story, "缺材料") == [story.number]
    for change in (
        {"confidential": True},
        {"confidential": False},
        {"sealed": True},
        {"sealed": False},
        {"title": "", "body": "", "place": ""},
    ):
        with transaction(story.sessions) as session:
            case = session.get_one(Case, story.received.case_id)
            columns = {one.name: getattr(case, one.name) for one in table(Case).c}
            said = text_index.said(columns, confidential=case.confidential)
            text_index.change(wire(session), case.id, said, change)
            for name, value in change.items():
                setattr(case, name, value)
        shown = change in ({"confidential": False}, {"sealed": False})
        with reading(story.sessions) as session:
            seen = session.scalars(
                select(Case.number).where(
                    search.matching(session, story.actor("ling.yuan"), "缺材料")
                )
            ).all()
        assert seen == ([story.number] if shown else []), change


@pytest.mark.both
def test_each_case_has_one_place_in_the_index(story):
    story.receives().receives(confidential=True).goes_through("complete_record")
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(CaseWords)) == 2
        kept = session.execute(select(CaseWords.words)).all()
        if story.sessions.dialect == "sqlite":
            assert [row.words for row in kept] == [None, None]
            shadow = session.scalars(text("SELECT block FROM case_index_data")).all()
            assert "路灯不亮".encode() not in b"".join(shadow), "no text is kept"


@pytest.mark.both
@pytest.mark.parametrize("near", [1, 3])
def test_of_very_many_each_page_has_the_next_newest(story, monkeypatch, near):
    """However few of them are among those that are looked at first."""
    for name, value in (("PAGE", 2), ("COUNTED", 3), ("NEWEST", near)):
        monkeypatch.setattr(case_list, name, value)
    numbers = []
    for place in range(6):
        said = {"title": "井盖响", "body": "井盖响。"} if place == 4 else {}
        story.receives(**said)
        numbers += [story.number] if place != 4 else []
    actor, pages = story.actor("ling.yuan"), []
    for page in (1, 2, 3, 4):
        wanted = case_list.Filter(text="路灯", page=page)
        with reading(story.sessions) as session:
            pages.append([one.number for one in case_list.page(session, actor, wanted).lines])
    newest = numbers[::-1]
    assert pages == [newest[:2], newest[2:4], newest[4:], []]


# Phones -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_phone_is_found_by_those_who_may_know_whose_it_is(story):
    story.receives(phone="13700001111")
    open_case = story.number
    story.goes_through("complete_record", "screen", "dispatch")
    story.receives(phone="13700001111", confidential=True)
    secret = story.number
    story.goes_through("complete_record", "screen", "dispatch")
    office, unit, other = "ling.yuan", "shui.dian", "xiu.feng"
    assert found(story, "137 0000-1111", office, phone=True) == [secret, open_case]
    assert found(story, "13700001111", unit, phone=True) == [open_case], "not the confidential one"
    assert found(story, "13700001111", other, phone=True) == []
    assert found(story, "13700001112", office, phone=True) == []
    assert found(story, "13700001111", office) == [], "nothing is looked for without the key"


@pytest.mark.both
def test_a_number_in_a_text_is_a_word_for_whoever_may_read_the_text(story):
    story.receives(body="请打 0773-2800001 联系物业。", phone="")
    assert found(story, "2800001", phone=True) == [story.number]


# How much it costs ------------------------------------------------------------------------------


@pytest.mark.both
def test_a_page_takes_four_statements_at_most(story):
    story.receives()
    actor = story.actor("ling.yuan")
    with reading(story.sessions) as session:
        case_list.page(session, actor, case_list.Filter(), story.vault)
        for words in ("路灯", story.number, "13800001234", "!!"):
            with statements(story.sessions) as sent:
                case_list.page(session, actor, case_list.Filter(text=words), story.vault)
            assert len(sent) <= 2, (words, sent)


@pytest.mark.both
def test_taking_in_writes_the_index_in_two_statements_at_most(story):
    story.receives()
    with statements(story.sessions) as sent:
        story.receives()
    own = [one for one in sent if "case_words" in one or "case_index" in one]
    assert len(own) == (2 if story.sessions.dialect == "sqlite" else 1)


@pytest.mark.both
def test_the_rarest_words_are_those_that_few_of_the_newest_cases_have(story):
    story.receives(title="路灯不亮", body="路灯").receives(title="路灯损坏", body="路灯")
    story.receives(title="路灯倒了", body="井盖")
    with reading(story.sessions) as session:
        asked = ["路灯", "井盖", "桥面"]
        assert commonness.rarest(session, asked, 5) == ["井盖", "路灯"], "nothing has the third"
        assert commonness.rarest(session, asked, 5, own=1) == ["路灯"], "one has only itself"
        assert commonness.rarest(session, asked, 1) == ["井盖"]
        with statements(story.sessions) as sent:
            commonness.rarest(session, ["路灯"], 1)
    assert sent == [], "known for a while"
