"""Who is affected by another version of a pack, counted on ledgers, cases and posts there are."""

import orjson
import pytest
from sqlalchemy import select

from engine import deployed
from engine.commands import deployments
from engine.db import reading, transaction
from engine.designing import pack_editing
from engine.designing.pack_editing import Place
from engine.errors import InvalidPack
from engine.models import Case, Deployment, HistoryEvent, Pack
from engine.queries import affected_packs, pack_checks
from engine.queries.affected_limits import Month
from tests.story import TO_THE_ANSWER, Story

KEY = "gl-jindianzi"
LIMITS, OFFICES = Place("limits"), Place("offices")


def content_of(story: Story) -> dict:
    with reading(story.sessions) as session:
        return dict(next(p for p in deployed.newest_packs(session) if p.key == KEY).content)


def with_budget(content: dict, limit: str, budget: str) -> dict:
    entry = {**pack_editing.entry(content, LIMITS, limit), "budget": budget}
    return pack_editing.put(content, LIMITS, limit, entry)


def affected(story: Story, content: dict, login: str = "she.ji"):
    with reading(story.sessions) as session:
        new = deployed.pack_of(session, content)
        return affected_packs.of_pack(session, story.actor(login), new)


def deploy(story: Story, content: dict, key: str = KEY) -> int | None:
    with transaction(story.sessions) as session:
        return deployments.deploy_pack_content(
            session, key, content, "she.ji", "缩短", person_id=story.actor("she.ji").id
        )


@pytest.mark.both
@pytest.mark.story
def test_a_shorter_limit_says_how_many_more_would_have_been_overdue(story: Story) -> None:
    """One contacted on the fourth working day: with 3 days it would be late."""
    story.receives()
    story.goes_through(*TO_THE_ANSWER[:4])
    story.passes(days=4)
    story.goes_through("contact_citizen")
    before = content_of(story)
    after = affected(story, with_budget(before, "contact", "3 WD"))
    [limit] = after.limits
    assert (limit.name, limit.how, limit.old, limit.new) == ("contact", "shorter", "5 WD", "3 WD")
    assert (limit.ledgers, limit.were, limit.would) == (1, 0, 1)
    assert [month.more for month in limit.months] == [1]
    assert limit.months[0] == Month(limit.months[0].on.replace(month=11, day=1), 1, 1)
    longer = affected(story, with_budget(before, "contact", "9 WD")).limits[0]
    assert (longer.how, longer.were, longer.would) == ("longer", 0, 0)
    assert after.versions == ((1, 1),)
    assert after.running == 1
    assert affected(story, before) == affected_packs.AffectedByPack(((1, 1),), (), (), ())
    story.passes(days=91)
    assert affected(story, with_budget(before, "contact", "3 WD")).limits[0].ledgers == 0


def test_a_limit_that_overrules_the_decision_counts_those_it_decided(story: Story) -> None:
    story.receives()
    story.goes_through(*TO_THE_ANSWER[:4])
    before = content_of(story)
    [limit] = affected(story, with_budget(before, "handling", "1 WD")).limits
    assert limit.overrules
    assert limit.ledgers == 1
    assert (limit.were, limit.would) == (0, 0)
    story.passes(days=2)
    [limit] = affected(story, with_budget(before, "handling", "1 WD")).limits
    assert (limit.were, limit.would) == (0, 1)


def test_other_hours_and_rungs_are_told_as_such(story: Story) -> None:
    story.receives()
    story.goes_through(*TO_THE_ANSWER[:4])
    before = content_of(story)
    early = {**before["office_hours"], "close": "12:00", "segments": [["09:00", "12:00"]]}
    hours = affected(story, pack_editing.put(before, Place("office_hours"), "", early))
    assert {limit.how for limit in hours.limits} == {"hours"}
    rungs = Place("rungs", "contact")
    sooner = {**pack_editing.entry(before, rungs, "remind"), "after": "2 WD"}
    [limit] = affected(story, pack_editing.put(before, rungs, "remind", sooner)).limits
    assert limit.how == "rungs"
    named = {**pack_editing.entry(before, LIMITS, "contact"), "zh": "联系市民"}
    assert affected(story, pack_editing.put(before, LIMITS, "contact", named)).limits == ()


def test_an_office_that_moves_takes_sight_along(story: Story) -> None:
    before = content_of(story)
    moved = pack_editing.put(
        before, OFFICES, "feedback", {"key": "feedback", "value": "utilities_bureau"}
    )
    sight = {one.key: one for one in affected(story, moved).sight}
    assert set(sight) == {"reviewer", "publisher", "caller"}
    caller = sight["caller"]
    assert caller.old is not None
    assert caller.new is not None
    assert caller.new["zh"] != caller.old["zh"]
    assert (caller.kind, caller.losing > 0, caller.gaining) == ("role", True, 0)
    desk = pack_editing.put(
        before, OFFICES, "reception", {"key": "reception", "value": "utilities_bureau"}
    )
    kinds = {(one.kind, one.key) for one in affected(story, desk).sight}
    assert ("channel", "phone") in kinds
    assert ("role", "dispatcher") in kinds


def test_a_category_that_goes_says_how_many_running_cases_have_it(story: Story) -> None:
    story.receives()
    story.goes_through(*TO_THE_ANSWER[:4])
    with reading(story.sessions) as session:
        category = session.scalars(select(Case.category)).one()
    without = pack_editing.remove(content_of(story), Place("categories"), category)
    [gone] = affected(story, without).gone
    assert (gone.section, gone.key, gone.open) == ("categories", category, 1)


@pytest.mark.both
@pytest.mark.story
def test_a_version_holds_for_new_cases_and_running_ones_keep_theirs(story: Story) -> None:
    story.receives()
    old = story.received
    before = content_of(story)
    assert deploy(story, before) is None
    assert deploy(story, dict(reversed(before.items()))) is None, "order of keys is no change"
    assert deploy(story, with_budget(before, "contact", "3 WD")) == 2
    story.receives()
    with reading(story.sessions) as session:
        versions = dict(
            session.execute(
                select(Case.number, Pack.version).join(Pack, Pack.id == Case.pack_id)
            ).all()
        )
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "deployed")).all()
        notes = session.scalars(select(Deployment.note)).all()
    assert versions == {old.number: 1, story.received.number: 2}
    assert told[-1].payload == {"definitions": [["pack", KEY, 2]], "by": "she.ji"}
    assert told[-1].by == story.actor("she.ji").id
    assert "缩短" in notes
    assert affected(story, before).versions == ((2, 1), (1, 1))


def test_what_is_no_pack_or_another_one_is_refused_whole(story: Story) -> None:
    before = content_of(story)
    with pytest.raises(InvalidPack, match="expected other-city"):
        deploy(story, before, key="other-city")
    with pytest.raises(InvalidPack, match="soon"):
        deploy(story, with_budget(before, "contact", "soon"))
    small = {"key": KEY, "extends": "base-12345", "prefix": "GX"}
    assert deploy(story, small) == 2, "a file of its own is joined with its base"
    assert content_of(story)["stated"] == ["prefix"]


def test_a_draft_is_checked_against_organisation_and_diagrams(story: Story) -> None:
    before = content_of(story)

    def found(content: dict) -> set[tuple[str, str, str, str]]:
        with reading(story.sessions) as session:
            checked = pack_checks.check(session, KEY, orjson.dumps(content))
        return {(one.section, one.entry, one.rule, one.severity) for one in checked.faults}

    assert found(before) == set()
    less = pack_editing.remove(before, LIMITS, "contact")
    assert {("limits", "contact", "used", "error")} <= found(less)
    strange = pack_editing.put(before, OFFICES, "feedback", {"key": "feedback", "value": "mars"})
    assert found(strange) == {("offices", "feedback", "no-unit", "warning")}
    part = pack_editing.put(
        before, Place("processes"), "appeal", {"key": "appeal", "value": "no_such"}
    )
    assert ("processes", "appeal", "undeployed", "error") in found(part)
    assert found({**before, "key": "other"}) == {("key", "", "key", "error")}
    short = with_budget(before, "contact", "2 WD")
    assert found(short) == {("limits", "contact.remind", "never", "warning")}
    hours = {**before["office_hours"], "segments": [["09:00", "12:00"], ["11:00", "18:00"]]}
    assert ("office_hours", "", "hours", "error") in found(
        pack_editing.put(before, Place("office_hours"), "", hours)
    )
    with reading(story.sessions) as session:
        for broken in (b"[]", b"{", b""):
            [fault] = pack_checks.check(session, KEY, broken).faults
            assert fault.rule == "json"
