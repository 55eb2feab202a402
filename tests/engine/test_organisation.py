"""People administered: posts, handing over, tokens, capacity, each act on record."""

import dataclasses
from datetime import date

import pytest
from sqlalchemy import select

from engine import administering, clock, handing_over, holdings
from engine.commands import (
    api_tokens,
    closing,
    leaving,
    people,
    staffing,
    tasks,
    units,
)
from engine.commands.staffing import Issued, PersonSaid, Post
from engine.commands.units import UnitSaid
from engine.db import reading, transaction
from engine.errors import Conflict, NotFound
from engine.models import (
    ApiToken,
    HistoryEvent,
    Membership,
    Person,
    SavedView,
    Watch,
)
from engine.queries import capacity
from engine.queries import people as seen
from tests.engine.organising import (
    acts,
    faults,
    founded,
    key_of,
    stands_in,
    takes_on,
    told,
    watched,
)

pytestmark = [pytest.mark.both, pytest.mark.story]
TODAY = date(2026, 11, 2)


# People ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_taking_on_and_changing(story):
    key = takes_on(story, "li.si", "李四", "market_bureau")
    said = PersonSaid("李四", "Li Si", "li.si@example.org", "13800005555", 12)
    fields = acts(story, staffing.change, key, said)
    assert set(fields) == {"name_en", "email", "mobile", "capacity"}
    with reading(story.sessions) as session:
        payload = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.kind == "person.changed")
        ).one()
    assert "13800005555" not in str(payload), "history names fields, not numbers"
    wrong = faults(
        story,
        staffing.take_on,
        "Li Si",
        PersonSaid("", "", "x", "x", -1),
        Post("qd_city", "king", date(2026, 11, 3), TODAY),
        Issued("", ""),
    )
    assert set(wrong) == {
        "login", "name_zh", "email", "mobile", "capacity", "unit", "role", "until_on",
    }  # fmt: skip
    assert "login" in faults(
        story, staffing.take_on, "li.si", said, Post("market_bureau", "handler"), Issued("", "")
    )


@pytest.mark.slow
def test_posts_are_given_and_ended(story):
    key = takes_on(story, "li.si", "李四", "market_bureau")
    acts(story, staffing.give, key, Post("xiufeng", "handler", until_on=TODAY))
    assert story.actor("li.si").units == ("market_bureau", "xiufeng")
    acts(story, staffing.give, key, Post("xiufeng", "handler", from_on=date(2026, 11, 9)))
    assert story.actor("li.si").units == ("market_bureau",)
    with reading(story.sessions) as session:
        post = session.scalar(
            select(Membership.id).where(
                Membership.person_id == key, Membership.unit_key == "xiufeng"
            )
        )
    assert acts(story, staffing.end, post) == key
    assert told(story, "unit:xiufeng") == ["post.given", "post.given", "post.ended"]
    with pytest.raises(NotFound):
        acts(story, staffing.end, post)


def test_somebody_must_be_left_to_administer(story):
    with reading(story.sessions) as session:
        post = session.scalar(
            select(Membership.id).where(Membership.person_id == key_of(story, "guan.li"))
        )
    assert "role" in faults(story, staffing.end, post)
    me = key_of(story, "guan.li")
    assert "role" in faults(story, leaving.hand_over, me, None, leaving=True)


def test_an_administrator_reaches_nobody_who_is_somewhere_else_too(story):
    """Else the administrator of a bureau could take the sign-in of somebody of the city."""
    with pytest.raises(NotFound):
        acts(story, staffing.reset_sign_in, key_of(story, "cheng.guan"), Issued("", ""))
    key = key_of(story, "cheng.guan")
    acts(story, staffing.give, key, Post("qd_shinan", "handler"), by="hai.guan")
    with pytest.raises(NotFound):
        acts(story, staffing.reset_sign_in, key, Issued("", ""), by="cheng.wei")
    acts(story, staffing.reset_sign_in, key, Issued("", "anew"), by="hai.guan")
    with reading(story.sessions) as session:
        person = session.get_one(Person, key)
    assert (person.password_hash, person.password_issued, person.sign_in_round) == ("anew", True, 1)
    assert story.actor("cheng.guan").sign_in_round == 1


# Handing over ----------------------------------------------------------------------------------


def test_everything_goes_over_in_one_act(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    takes_on(story, "heir", "接手人", "utilities_bureau")
    leaver = key_of(story, "shui.dian")
    with transaction(story.sessions) as session:
        by = seen.by_login(session, "shui.dian")
        tasks.claim(session, story.task("sign").id, by=by)
        people.new_token(session, "shui.dian", "old")
        now = clock.now()
        session.add(SavedView(person_id=leaver, name="我的", conditions={}, saved_at=now))
        session.add(watched(story, leaver))
    with reading(story.sessions) as session:
        heir = seen.by_login(session, "heir")
        plan = handing_over.plan(session, leaver, heir)
        held = holdings.of_person(session, leaver)
    assert (plan.handed, plan.released, len(plan.watches), len(plan.views)) == (1, 0, 1, 1)
    assert (held.tasks, held.watches, held.views, held.tokens, held.memberships) == (1, 1, 1, 1, 1)
    done = acts(story, leaving.hand_over, leaver, heir, leaving=True, expected=1)
    assert (done.tasks, done.released, done.watches, done.views) == (1, 0, 1, 1)
    assert story.task("sign").assignee_id == heir.id
    assert "task.handed_over" in story.events()
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        assert session.scalars(select(SavedView.person_id)).one() == heir.id
        assert session.scalars(select(Watch.person_id)).one() == heir.id
        assert session.scalars(select(ApiToken.revoked_at)).one() is not None
        left = session.get_one(Person, leaver)
        assert (left.active, left.sign_in_round) == (False, 1)
        assert holdings.of_person(session, leaver).tasks == 0
    with pytest.raises(NotFound):
        story.actor("shui.dian")
    assert told(story, "system")[-1] == "person.left"


def test_what_the_receiver_may_not_do_goes_back_to_the_unit(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    leaver = key_of(story, "shui.dian")
    with transaction(story.sessions) as session:
        tasks.claim(session, story.task("sign").id, by=seen.by_login(session, "shui.dian"))
        session.add(watched(story, leaver))
    other = story.actor("zhu.jian")
    with reading(story.sessions) as session:
        plan = handing_over.plan(session, leaver, other)
    assert (plan.handed, plan.released, len(plan.dropped)) == (0, 1, 1)
    acts(story, leaving.hand_over, leaver, other, leaving=False)
    assert story.task("sign").assignee_id is None
    assert story.actor("shui.dian").roles == {"handler"}, "staying on"
    with reading(story.sessions) as session:
        assert session.scalars(select(Watch)).all() == []


@pytest.mark.slow
def test_a_preview_that_is_out_of_date_hands_nothing_over(story):
    heir = story.actor("zhu.jian")
    leaver = key_of(story, "shui.dian")
    assert "receiver" in faults(story, leaving.hand_over, leaver, heir, leaving=True, expected=3)
    assert "receiver" in faults(
        story, leaving.hand_over, leaver, story.actor("shui.dian"), leaving=True
    )


@pytest.mark.slow
def test_who_leaves_stands_in_for_nobody(story):
    takes_on(story, "heir", "接手人", "utilities_bureau")
    stands_in(story, "zhu.jian", "shui.dian")
    acts(story, leaving.hand_over, key_of(story, "shui.dian"), story.actor("heir"), leaving=True)
    assert [one.name_zh for one in story.actor("heir").stands_in] == ["朱建安（演示）"]


# Tokens and capacity ---------------------------------------------------------------------------


def test_a_token_is_made_and_revoked(story):
    key, token = acts(story, api_tokens.make, "li.zhi", "热线接口")
    with reading(story.sessions) as session:
        assert seen.by_token(session, people.token_hash(token)).login == "li.zhi"
        assert token not in str(session.scalars(select(HistoryEvent.payload)).all())
    acts(story, api_tokens.revoke, key)
    with reading(story.sessions) as session, pytest.raises(NotFound):
        seen.by_token(session, people.token_hash(token))
    with pytest.raises(Conflict):
        acts(story, api_tokens.revoke, key)
    assert set(faults(story, api_tokens.make, "bo.tao", "")) == {"name", "login"}
    assert "login" in faults(story, api_tokens.make, "no\x00body", "x")


def test_load_against_capacity(story):
    takes_on(story, "idle", "闲", "utilities_bureau")
    acts(story, units.change, "utilities_bureau", UnitSaid("市政公用事业局", capacity=2))
    acts(story, staffing.change, key_of(story, "shui.dian"), PersonSaid("水典常", capacity=1))
    for _ in range(2):
        story.receives().goes_through("complete_record", "screen", "dispatch")
        with transaction(story.sessions) as session:
            tasks.claim(session, story.task("sign").id, by=seen.by_login(session, "shui.dian"))
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with reading(story.sessions) as session:
        idle, busy = capacity.of_unit(session, "utilities_bureau", TODAY)
        unit = capacity.of_units(session, ["utilities_bureau", "xiufeng"], TODAY)
    assert (idle.login, idle.open, idle.capacity, idle.free) == ("idle", 0, 2, 2)
    assert (busy.login, busy.open, busy.capacity, busy.days) == ("shui.dian", 2, 1, 2.0)
    assert (unit["utilities_bureau"].open, unit["utilities_bureau"].unclaimed) == (3, 1)
    assert (unit["utilities_bureau"].people, unit["utilities_bureau"].capacity) == (2, 3)
    assert (unit["xiufeng"].open, unit["xiufeng"].people) == (0, 1)
    late = date(2026, 12, 31)
    with reading(story.sessions) as session:
        loads = capacity.of_unit(session, "utilities_bureau", late, role="handler")
        busy = next(one for one in loads if one.login == "shui.dian")
        assert busy.due == 2
        assert busy.overloaded
        assert busy.free == 0
        assert capacity.of_unit(session, "utilities_bureau", late, role="ruler") == []
        assert capacity.of_units(session, [], late) == {}
        names = {"zh": "市政", "en": "Utilities"}
        full = capacity.of_units(session, ["utilities_bureau"], late)["utilities_bureau"]
        assert capacity.told(names, full) == {
            "zh": "市政（在办 3、今天到期 3）",
            "en": "Utilities (3 open, 3 due today)",
        }
        assert capacity.told(names, dataclasses.replace(full, capacity=2))["en"].endswith(
            "too much for today)"
        )
        assert capacity.told(names, dataclasses.replace(full, open=0)) == names


@pytest.mark.slow
def test_who_is_away_has_no_room_and_the_substitute_is_named(story):
    takes_on(story, "idle", "闲", "utilities_bureau")
    acts(story, units.change, "utilities_bureau", UnitSaid("市政公用事业局", capacity=2))
    stands_in(story, "shui.dian", "idle")
    with reading(story.sessions) as session:
        idle, away = capacity.of_unit(session, "utilities_bureau", TODAY)
        unit = capacity.of_units(session, ["utilities_bureau"], TODAY)["utilities_bureau"]
    assert (away.login, away.absent, away.free, away.substitute) == (
        "shui.dian", True, 0, {"zh": "闲", "en": "闲"},
    )  # fmt: skip
    assert not idle.absent
    assert (unit.people, unit.capacity) == (1, 2)


def test_an_administrator_reaches_closed_units_but_no_compartment(story):
    founded(story)
    acts(story, closing.close, "market_branch", None)
    with reading(story.sessions) as session:
        reach = administering.reach(session, seen.by_login(session, "guan.li"))
        away = administering.reach(session, seen.by_login(session, "hai.guan"))
        nobody = administering.reach(session, seen.by_login(session, "shi.an"))
    assert "market_branch" in reach
    assert "qd_city" not in reach
    assert "qd_discipline" not in away
    assert nobody == frozenset()
