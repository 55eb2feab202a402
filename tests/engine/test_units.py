"""Units administered: founded, moved, closed with a successor, each act on record."""

from datetime import date

import pytest
from sqlalchemy import select, update

from engine import deployed
from engine.commands import (
    closing,
    people,
    units,
)
from engine.commands.units import UnitSaid
from engine.db import reading, transaction
from engine.errors import NotAllowed, NotFound
from engine.models import (
    Case,
    City,
    HistoryEvent,
    Unit,
    UserTask,
)
from tests.engine.organising import acts, faults, founded, takes_on, told

pytestmark = [pytest.mark.both, pytest.mark.story]
TODAY = date(2026, 11, 2)


# Units -----------------------------------------------------------------------------------------


def test_a_sub_office_has_its_own_inbox_and_those_above_see_into_it(story):
    founded(story, level="township")
    takes_on(story, "branch", "所里人", "market_branch")
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="market_branch")
    [task] = story.open_tasks()
    assert task.unit_key == "market_branch"
    assert story.actor("branch").acts_for("handler", "market_branch")
    assert not story.actor("branch").acts_for("handler", "market_bureau")
    assert story.actor("shi.an").acts_for("handler", "market_branch"), "the subtree is the bureau's"
    story.does("sign", by="branch")
    assert told(story, "unit:market_branch")[:2] == ["unit.founded", "post.given"]


def test_a_unit_is_moved_with_all_below_it(story):
    founded(story)
    founded(story, "market_stall", "market_branch")
    acts(story, units.move, "market_branch", "xiufeng")
    with reading(story.sessions) as session:
        paths = dict(session.execute(select(Unit.key, Unit.path)).all())
    assert paths["market_branch"] == "/guilin/district_government/xiufeng/market_branch/"
    assert paths["market_stall"] == paths["market_branch"] + "market_stall/"
    assert story.actor("xiu.feng").acts_for("handler", "market_stall")
    assert not story.actor("shi.an").acts_for("handler", "market_stall")
    assert "parent" in faults(story, units.move, "market_branch", "market_stall")
    assert "parent" in faults(story, units.move, "guilin", "xiufeng")
    assert "parent" in faults(story, units.move, "market_branch", "qd_city"), "not ours"


def test_a_compartments_wall_is_not_crossed(story):
    assert "parent" in faults(story, units.move, "qd_urban_team", "qd_discipline", by="hai.guan")
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "both",
            "两边",
            memberships=[("qd_discipline", "administrator"), ("qd_city", "administrator")],
        )
    assert "parent" in faults(story, units.move, "qd_urban_team", "qd_discipline", by="both")
    assert "parent" in faults(story, units.move, "qd_discipline", "qd_districts", by="both")
    with pytest.raises(NotFound):
        acts(story, units.change, "qd_discipline", UnitSaid("纪委"), by="hai.guan")
    acts(story, units.change, "qd_discipline", UnitSaid("纪委二"), by="both")
    with reading(story.sessions) as session:
        assert session.get_one(Unit, "qd_discipline").kind == "compartment", "it stays one"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("name_zh", {"name_zh": " "}),
        ("name_zh", {"name_zh": "长" * 101}),
        ("level", {"level": "province"}),
        ("kind", {"kind": "compartment"}),
        ("phone", {"phone": "打办公室"}),
        ("email", {"email": "nobody"}),
        ("hours", {"hours": "9-12"}),
        ("hours", {"hours": "13:00-12:00"}),
        ("capacity", {"capacity": 0}),
        ("territory", {"territory": "地" * 201}),
    ],
)
@pytest.mark.slow
def test_what_is_said_of_a_unit_is_checked(story, field, said):
    full = {"name_zh": "城南所", **said}
    assert set(faults(story, units.found, "south", "market_bureau", UnitSaid(**full))) == {field}


@pytest.mark.slow
def test_keys_are_plain_and_given_once(story):
    assert "key" in faults(story, units.found, "南所", "market_bureau", UnitSaid("南所"))
    assert "key" in faults(story, units.found, "market_bureau", "guilin", UnitSaid("南所"))
    with pytest.raises(NotFound):
        acts(story, units.found, "south", "qd_city", UnitSaid("南所"))
    with pytest.raises(NotAllowed):
        acts(story, units.found, "south", "market_bureau", UnitSaid("南所"), by="shi.an")


def test_a_change_says_what_stood_there(story):
    founded(story)
    said = UnitSaid("城南监管所", "South branch", hours="08:30-12:00，14:00-17:30", capacity=5)
    assert set(acts(story, units.change, "market_branch", said)) == {"name_zh", "hours", "capacity"}
    assert acts(story, units.change, "market_branch", said) == []
    with reading(story.sessions) as session:
        revision = session.scalars(select(City.organisation_revision)).one()
        hours = deployed.hours_of_units(session, revision)
        payload = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.kind == "unit.changed")
        ).one()
    assert str(hours["market_branch"]).startswith("08:30-12:00,14:00-17:30 close 17:30")
    assert "market_bureau" not in hours
    assert payload["changed"]["name_zh"] == ["城南市场监管所", "城南监管所"]


@pytest.mark.slow
def test_hours_come_from_the_nearest_unit_above(story):
    founded(story)
    acts(story, units.change, "market_bureau", UnitSaid("市场监督管理局", hours="08:00-12:00"))
    with reading(story.sessions) as session:
        revision = session.scalars(select(City.organisation_revision)).one()
        hours = deployed.hours_of_units(session, revision)
    assert hours["market_branch"] == hours["market_bureau"]


# Closing ---------------------------------------------------------------------------------------


def test_a_unit_with_open_work_is_not_closed_without_a_successor(story):
    founded(story)
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="market_branch")
    said = faults(story, closing.close, "market_branch", None)["successor"]
    assert "1 件诉求、1 件待办" in said["zh"]
    assert "1 cases, 1 tasks" in said["en"]
    with reading(story.sessions) as session:
        assert session.get_one(Unit, "market_branch").active


def test_the_successor_takes_over_all_of_it(story):
    founded(story)
    founded(story, "market_stall", "market_branch")
    takes_on(story, "branch", "所里人", "market_branch")
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="market_branch").does("sign", by="branch")
    done = acts(story, closing.close, "market_branch", "housing_bureau")
    assert (done.cases, done.posts, done.units) == (1, 1, 1)
    assert story.case.unit_key == "housing_bureau"
    assert {task.unit_key for task in story.open_tasks()} == {"housing_bureau"}
    assert {row.unit_key for row in story.deadlines() if row.settled_at is None} == {
        "housing_bureau"
    }
    with reading(story.sessions) as session:
        stall = session.get_one(Unit, "market_stall")
        assert stall.path == "/guilin/housing_bureau/market_stall/"
    assert story.actor("branch").acts_for("handler", "housing_bureau")
    assert "unit.succeeded" in story.events()
    assert story.chain_is_whole()
    story.goes_through("contact_citizen", "handle", "write_answer")
    assert told(story, "unit:housing_bureau") == ["unit.succeeded"]
    assert told(story, "unit:market_branch")[-1] == "unit.closed"


def test_what_still_names_a_closed_unit_goes_to_its_successor(story):
    founded(story)
    story.receives().goes_through("complete_record", "screen")
    acts(story, closing.close, "market_branch", "housing_bureau")
    with transaction(story.sessions) as session:  # as a decision that nobody has changed yet does
        case = session.get_one(Case, story.case.id)
        case.facts = {**case.facts, "co_units": ["market_branch", "housing_bureau"]}
    story.does("dispatch", unit="utilities_bureau", co_units=[])
    with transaction(story.sessions) as session:
        case = session.get_one(Case, story.case.id)
        case.facts = {**case.facts, "unit": "market_branch"}
        session.execute(update(UserTask).values(unit_key="utilities_bureau"))
    story.does("sign", by="shui.dian")
    assert story.case.unit_key == "housing_bureau"
    assert {task.unit_key for task in story.open_tasks()} == {"housing_bureau"}


@pytest.mark.slow
def test_what_reached_it_meanwhile_is_swept_up(story):
    founded(story)
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="utilities_bureau")
    acts(story, closing.close, "market_branch", "housing_bureau")
    with transaction(story.sessions) as session:
        session.execute(
            update(UserTask)
            .where(UserTask.id == story.task("sign").id)
            .values(unit_key="market_branch")
        )
    assert acts(story, closing.sweep, "market_branch") == 1
    assert story.task("sign").unit_key == "housing_bureau"
    assert acts(story, closing.sweep, "market_branch") == 0


@pytest.mark.slow
def test_why_a_unit_cannot_be_closed(story):
    assert "topmost" in faults(story, closing.close, "guilin", None)["successor"]["en"]
    assert "gl-jindianzi" in faults(story, closing.close, "jdz_office", None)["successor"]["zh"]
    assert "successor" in faults(story, closing.close, "xiufeng", "xiufeng")
    assert "successor" in faults(story, closing.close, "xiufeng", "qd_city")
    below = faults(story, closing.close, "police_bureau", "traffic_police")["successor"]["en"]
    assert "below" in below
    assert "1 units below" in faults(story, closing.close, "police_bureau", None)["successor"]["en"]
    story.receives("qd-sanwo-5", channel="phone").does("complete_record", category="urban")
    story.does("first_screen", route="government").does("dispatch", unit="qd_housing_bureau")
    with transaction(story.sessions) as session:
        case = session.get_one(Case, story.case.id)
        case.accused_key = "qd_urban_bureau"
    said = faults(story, closing.close, "qd_housing_bureau", "qd_urban_bureau", by="hai.guan")
    assert "1 cases" in said["successor"]["en"]
