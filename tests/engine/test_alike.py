"""What may be a duplicate: same person, same place, a like text; within what somebody may know."""

import pytest

from engine.db import reading
from engine.models import Case
from engine.queries import alike
from tests.counting import statements

pytestmark = pytest.mark.both
LAMP = ("解放东路路灯不亮", "解放东路口第三盏路灯不亮，已经一个星期，晚上走路看不清。")
OFFICE = "gl_hotline"


def like(story, login="ling.yuan", **said):
    """What is offered beside the case of the story, by number."""
    with reading(story.sessions) as session:
        case = session.get_one(Case, story.received.case_id)
        asked = {
            "title": case.title,
            "body": case.body,
            "place": case.place,
            "category": case.category,
            "besides": case.id,
        }
        found = alike.found(session, story.actor(login), case.office_key, **asked | said)
    return {one.number: one for one in found}


def test_what_is_sent_again_word_for_word_comes_first(story):
    story.receives(title=LAMP[0], body=LAMP[1], phone="", name="")
    first = story.number
    story.receives(title="路灯损坏", body="解放东路口有一盏路灯坏了，晚上看不清。", phone="")
    other = story.number
    for number in range(8):
        story.receives(title=f"第 {number} 次反映停水", body="早上六点起没有水。", phone="")
    story.passes(days=300)
    story.receives(title=LAMP[0] + "！", body=LAMP[1].replace("，", ", "), phone="", name="")
    told = like(story)
    assert next(iter(told)) == first
    assert told[first].by == {"title", "text", "same"}
    assert told[first].likeness == 1
    assert other not in told, "long ago, and not so like"


def test_a_like_text_is_told_from_another(story):
    story.receives(title="晚上看不清路", body="解放东路口第三盏路灯坏了一个星期，走路看不清。")
    near = story.number
    story.receives(
        title="自来水发黄", body="早上放出来的水带铁锈色，放很久才清。", phone="139000011"
    )
    story.receives(title=LAMP[0], body=LAMP[1], phone="13900002222")
    told = like(story)
    assert set(told) == {near}
    assert "text" in told[near].by


def test_the_same_place_counts_with_a_word_of_the_same_thing(story):
    story.receives(title="井盖松动响", body="车一过就响。", place="滨江路 8 号", category="urban")
    here = story.number
    story.receives(title="井盖松动响", body="另一处。", place="滨江路 88 号", phone="13900003333")
    story.receives(title="小狗乱叫", body="整夜不停。", place="滨江路 8 号", phone="13900004444")
    story.receives(title="井盖坏了", body="缺了一角。", place="滨江路8号", phone="13900005555")
    told = like(story, category="urban")
    assert "place" in told[here].by
    assert next(iter(told)) == here


def test_the_same_person_counts_where_the_sender_may_be_known(story):
    story.receives(title="门口总停车", body="消防通道被占。", phone="13900006666")
    before = story.number
    story.receives(title="占消防通道停车", body="今天又来了三辆。", phone="13900006666")
    told = like(story)
    assert "person" in told[before].by
    said = {"title": "占消防通道停车", "body": "今天又来了三辆。"}
    hmac = story.vault.look_up("13900006666")
    assert before in like(story, besides=None, phone=hmac, **said), "while somebody speaks"
    with reading(story.sessions) as session:
        stranger = alike.found(
            session, story.actor("xiu.feng"), OFFICE, phone=hmac, **said | {"body": ""}
        )
    assert list(stranger) == []


def test_a_confidential_case_is_offered_by_its_person_alone_and_to_the_office_alone(story):
    story.receives(
        title="举报领导", body="某科室吃拿卡要。", confidential=True, phone="13900007777"
    )
    secret = story.number
    story.receives(title="举报领导", body="某科室吃拿卡要。", phone="13900008888")
    assert like(story) == {}, "its text is not in the index"
    story.receives(title="举报领导", body="某科室吃拿卡要。", phone="13900007777")
    told = like(story)
    assert "person" in told[secret].by
    for login in ("shui.dian", "xiu.feng"):
        assert secret not in like(story, login)


def test_what_is_over_or_of_another_office_is_not_offered(story):
    story.receives(title=LAMP[0], body=LAMP[1], phone="")
    story.does("complete_record").does("screen", opinion="refuse", refusal_reason="not_our_duty")
    story.receives(title=LAMP[0], body=LAMP[1], phone="")
    assert story.number not in like(story)
    assert like(story, title="", body="", place="", besides=None) == {}


def test_it_takes_one_statement(story):
    story.receives(title=LAMP[0], body=LAMP[1]).receives(title=LAMP[0], body=LAMP[1])
    like(story)  # which words are common is known for a while
    with reading(story.sessions) as session:
        case = session.get_one(Case, story.received.case_id)
        actor = story.actor("ling.yuan")
        with statements(story.sessions) as sent:
            found = alike.found(
                session, actor, case.office_key, title=case.title, body=case.body, besides=case.id
            )
    assert len(found) == 1
    assert len(sent) == 1, sent
