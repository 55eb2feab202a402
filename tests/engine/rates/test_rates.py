"""Rates: words, what is derived, what is counted, alerts, the balance, frozen figures."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from engine import clock
from engine.commands import balances, figures, snapshots
from engine.db import reading, table, transaction
from engine.errors import InvalidInput, InvalidPack
from engine.models import (
    CaseFigure,
    FigureState,
    HistoryEvent,
    RateDefinition,
    SlipFigure,
    Snapshot,
)
from engine.packs import load
from engine.queries import rate_alerts, verifying_numbers
from engine.rate_schema import WORDS, loose_ends
from engine.rates import balancing, many, places
from engine.rates import snapshots as frozen
from engine.rates.counting import Scope, Viewer, by_time, counted, viewer
from engine.rates.figures import Figure, ranks, wilson
from engine.rates.spread import spread
from engine.rates.vocabulary import MEANINGS
from tests.conftest import CHINA
from tests.databases import WORKFLOWS
from tests.engine.rates.constructed import EVERYBODY, OCTOBER, Constructed
from tests.story import TO_THE_ANSWER, Story

NOVEMBER = Scope(datetime(2026, 11, 1, tzinfo=CHINA), datetime(2026, 12, 1, tzinfo=CHINA))


def figure_of(story: Story) -> CaseFigure:
    """How the case of the story counts."""
    figures.refresh(story.sessions)
    with reading(story.sessions) as session:
        return session.get_one(CaseFigure, story.case.id)


def test_every_word_of_the_schema_has_a_meaning_and_no_other():
    assert {of: set(words) for of, words in WORDS.items()} == {
        of: set(meanings) for of, meanings in MEANINGS.items()
    }


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ({"is": "__import__"}, "no condition"),
        ({"is": "closed", "sql": "1=1"}, "takes no sql"),
        ({"is": "status"}, "lacks one_of"),
        ({"is": "repeated", "within_days": "90"}, "within_days is not as it should be"),
        ({"any": [{"not": {"any": [{"not": {"is": "closed"}}]}}]}, "three deep"),
        ({"any": ["closed"]}, "three deep"),
    ],
)
def test_a_condition_is_a_word_of_the_list_and_nothing_else(condition, fault):
    rate = {"population": {"zh": "x", "en": "x", "when": [condition]}}
    assert any(fault in told for told in loose_ends({"one": rate}))


def test_a_pack_with_an_unknown_condition_is_refused(tmp_path):
    for key in ("base-12345", "gl-jindianzi"):
        folder = tmp_path / key
        folder.mkdir()
        for name in ("pack.json", "rates.json"):
            (folder / name).write_bytes((WORKFLOWS / "packs" / key / name).read_bytes())
    path = tmp_path / "gl-jindianzi" / "rates.json"
    rates = json.loads(path.read_text(encoding="utf-8"))
    rates["closing"]["numerator"]["when"] = [{"is": "whatever"}]
    path.write_text(json.dumps(rates), encoding="utf-8")
    with pytest.raises(InvalidPack, match="whatever"):
        load(tmp_path / "gl-jindianzi")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidPack, match="not JSON"):
        load(tmp_path / "gl-jindianzi")


def test_places_that_are_compared_with_say_what_their_source_leaves_open():
    found = {one["key"]: one for one in places.compared()}
    assert {"jl-hlwdc", "lf-ssjt"} <= set(found)
    for one in found.values():
        assert all(rate["not_stated"] for rate in one["rates"].values()), one["key"]


def test_a_place_with_faults_is_refused(tmp_path):
    path = tmp_path / "place.json"
    path.write_text("[", encoding="utf-8")
    with pytest.raises(InvalidPack):
        places.read(path)
    path.write_text('{"key": "x"}', encoding="utf-8")
    with pytest.raises(InvalidPack, match="required"):
        places.read(path)


@pytest.mark.both
@pytest.mark.story
def test_a_case_counts_as_its_facts_say(story):
    story.receives().goes_through(*TO_THE_ANSWER).does("callback", satisfaction=3)
    told = figure_of(story)
    assert (told.status, told.outcome, told.rating, told.said) == ("closed", "solved", 3, "solved")
    assert (told.slips, told.returns, told.rounds, told.attempts) == (1, 0, 0, 1)
    assert told.due_at == story.deadlines("handling")[-1].due_at == told.plain_due_at
    assert told.done_at is not None
    assert not told.was_late
    assert told.seq == story.case.chain_seq
    again = figures.refresh(story.sessions)
    assert again.cases == 0, "nothing has changed since"


def test_a_late_case_is_late_and_a_returned_slip_is_not_the_last_one(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.does("sign", signing="return", return_reason="other_place", legal_basis="三定方案")
    story.does("dispatch", unit="ecology_bureau").goes_through("sign").passes(days=30)
    told = figure_of(story)
    assert (told.slips, told.returns) == (2, 1)
    with reading(story.sessions) as session:
        slips = session.scalars(select(SlipFigure).order_by(SlipFigure.id)).all()
        assert [one.return_accepted for one in slips] == [True, False]
        definitions = places.definitions(session, "gl-jindianzi")
        late, _units = counted(session, definitions["overdue"], NOVEMBER, EVERYBODY)
        wrong, _units = counted(session, definitions["wrong_dispatch"], NOVEMBER, EVERYBODY)
    assert (late.numerator, late.denominator) == (1, 1)
    assert (wrong.numerator, wrong.denominator) == (1, 1)


def test_who_comes_again_repeats_the_case_that_was_closed(story):
    story.receives().goes_through(*TO_THE_ANSWER).does("callback")
    first = story.case.id
    figures.refresh(story.sessions)
    story.passes(days=10)
    story.receives().does("complete_record")
    figures.refresh(story.sessions)
    with reading(story.sessions) as session:
        assert session.get_one(CaseFigure, first).repeat_at == story.case.received_at
        one = places.definitions(session, "gl-jindianzi")
        for key in ("repeat", "check_repeat_30"):
            told, _units = counted(session, one[key], NOVEMBER, EVERYBODY)
            assert (told.numerator, told.denominator) == (1, 1), key


@pytest.mark.both
@pytest.mark.story
def test_many_at_once_by_time_and_one_by_one_are_the_same(sessions):
    office = Constructed(sessions).cases(40, "closed", slip=True, answered=True, mark=5)
    office.cases(7, "closed", slip=True, mark=1).cases(5, "closed", slip=True, reached=False)
    office.cases(4, "merged").cases(3, "refused").cases(9, slip=True)
    office.definition("closing")
    with reading(sessions) as session:
        found = [
            one for one in places.definitions(session, "gl-jindianzi").values() if one.countable
        ]
        whole = many.together(session, found, OCTOBER, EVERYBODY)
        for one in found:
            alone, units = counted(session, one, OCTOBER, EVERYBODY)
            assert whole[one.key] == alone, one.key
            assert sum(unit.denominator for unit in units.values()) == alone.denominator
            assert by_time(session, one, [OCTOBER], EVERYBODY) == [alone], one.key
        hops = places.definitions(session, "gl-jindianzi")
        told = spread(session, hops["hops"], OCTOBER, EVERYBODY, CHINA)
        days = spread(session, hops["days_to_close"], OCTOBER, EVERYBODY, CHINA)
    assert (told.number, told.middle, told.tail) == (61, 1, 1)
    assert (days.number, days.middle, days.tail) == (52, 4, 4)
    satisfied = whole["satisfaction"]
    assert (satisfied.numerator, satisfied.denominator, satisfied.unreached) == (40, 47, 5)
    assert satisfied.excluded == {"not_reached": 5}
    low, high = satisfied.bounds
    assert (round(low, 1), round(high, 1)) == (76.9, 86.5)


def test_only_the_offices_of_who_looks_are_counted_and_nothing_about_them(sessions):
    office = Constructed(sessions).cases(5, "closed", slip=True)
    office.cases(2, "closed", slip=True, sealed=True)
    office.cases(1, "closed", slip=True, accused_key="ecology_bureau")
    one = office.definition("closing")

    def looked_at(who):
        with reading(sessions) as session:
            return counted(session, one, OCTOBER, who)[0].looked_at

    here = frozenset({office.office})
    assert looked_at(EVERYBODY) == 6, "without anybody, nothing that is sealed"
    assert looked_at(Viewer(here)) == 8
    assert looked_at(Viewer(here, frozenset({"ecology_bureau"}))) == 7
    assert looked_at(Viewer(frozenset({"qd_hotline"}))) == 0


def test_a_definition_that_changes_is_a_new_version(sessions):
    figures.refresh(sessions)
    row = table(RateDefinition)
    with transaction(sessions) as session:
        first = session.execute(
            select(row.c.id, row.c.version).where(row.c.key == "closing", row.c.place == "lf-ssjt")
        ).one()
        session.execute(update(row).where(row.c.id == first.id).values(sha256="of another text"))
    figures.refresh(sessions)
    with reading(sessions) as session:
        assert places.definitions(session, "lf-ssjt")["closing"].version == 2
        assert session.get_one(RateDefinition, first.id).until is not None


def test_a_claimed_refresh_is_left_to_the_other_worker(sessions):
    figures.refresh(sessions)
    later = clock.now() + timedelta(minutes=5)
    with transaction(sessions) as session:
        session.execute(update(table(FigureState)).values(claimed_until=later))
    assert figures.refresh(sessions).cases is None


def test_wilson_and_ranks():
    low, high = wilson(878, 1002)
    assert (round(low, 1), round(high, 1)) == (85.4, 89.5)
    assert wilson(0, 0) is None
    assert ranks({"a": 90.0, "b": 80.0, "c": 90.0}, less_is_better=False) == {
        "a": 1,
        "c": 1,
        "b": 3,
    }
    assert not Figure(29, 29).ranked
    assert Figure(1, 30).ranked
    assert Figure().percent is None


def test_an_alert_needs_cases_a_share_and_a_rise(sessions):
    shrink = Constructed(sessions).definition("check_shrink")
    assert rate_alerts.says(shrink, Figure(20, 100), Figure(10, 100))
    assert not rate_alerts.says(shrink, Figure(20, 100), Figure(18, 100)), "it was so before"
    assert not rate_alerts.says(shrink, Figure(4, 10), None), "of few only the number speaks"
    assert not rate_alerts.says(shrink, Figure(10, 100), None)
    assert not rate_alerts.says(shrink, Figure(), None)
    instant = Constructed(sessions).definition("check_instant")
    assert rate_alerts.says(instant, Figure(3, 20), Figure(3, 20))


@pytest.mark.both
@pytest.mark.story
def test_a_gap_of_the_balance_names_its_case(story):
    story.receives().does("complete_record")
    other = story.number
    story.receives().does("complete_record")
    made = balances.make(story.sessions)
    assert (made.received, made.open, made.gap_count) == (2, 2, 0)
    assert balances.make(story.sessions).made_at == made.made_at, "once a night"
    with transaction(story.sessions) as session:
        events = table(HistoryEvent)
        stream = f"case:{story.case.id.hex}"
        session.execute(delete(events).where(events.c.stream == stream, events.c.seq == 2))
    with reading(story.sessions) as session:
        found = balancing.balance(session)
    assert not found.holds
    assert [(gap.number, gap.fault) for gap in found.gaps] == [
        (story.number, balancing.EVENTS_GONE)
    ]
    assert other not in {gap.number for gap in found.gaps}


def test_a_case_that_breaks_the_balance_is_named_with_why(sessions):
    office = Constructed(sessions).cases(1, "lost").cases(1, "closed", closed_at=None)
    office.definition("closing")
    with reading(sessions) as session:
        faults = {(gap.number, gap.fault) for gap in balancing.balance(session).gaps}
        told = verifying_numbers.counted(session)
    assert "case X-000001: no status" in told.found
    assert ("X-000001", balancing.NO_STATUS) in faults
    assert ("X-000002", balancing.NOT_ENDED) in faults
    assert ("X-000001", balancing.NO_CONTACT) in faults


def test_the_worker_counts_and_balances_at_night(story, held):
    story.receives().does("complete_record")
    story.worker.reckon()
    with reading(story.sessions) as session:
        assert session.get_one(CaseFigure, story.case.id)
    held.advance(hours=20)
    assert balances.is_due(story.sessions)
    story.worker.balance()
    assert not balances.is_due(story.sessions)


def test_a_frozen_figure_is_chained_and_a_change_of_it_is_seen(sessions):
    office = Constructed(sessions).cases(3, "closed", slip=True).cases(2, slip=True)
    one = office.definition("closing")
    with transaction(sessions) as session:
        first = snapshots.freeze(session, one, OCTOBER, EVERYBODY)
        scope = replace(OCTOBER, units=("utilities_bureau",), by="receipt")
        second = snapshots.freeze(session, one, scope, EVERYBODY)
        assert second.previous == first.hash
    with reading(sessions) as session:
        assert list(frozen.broken(session)) == []
        row = session.get_one(Snapshot, 2)
        lists = frozen.unpacked(row.cases)
        assert {name: len(keys) for name, keys in lists.items()} == {"counted": 3, "missed": 2}
        assert frozen.scope_of(row) == scope
        assert verifying_numbers.frozen(session).looked_at == 2
    with transaction(sessions) as session:
        session.execute(update(table(Snapshot)).where(Snapshot.number == 1).values(numerator=5))
    with reading(sessions) as session:
        assert list(frozen.broken(session)) == [1]
        told = verifying_numbers.frozen(session)
        assert (told.holds, told.found) == (False, ("figure 1 is not as it was frozen",))


def test_what_is_no_share_cannot_be_frozen(sessions):
    hops = Constructed(sessions).definition("hops")
    with transaction(sessions) as session, pytest.raises(InvalidInput):
        snapshots.freeze(session, hops, OCTOBER, EVERYBODY)


def test_a_supervisor_counts_the_own_offices(story):
    who = viewer(story.with_role("supervisor"))
    assert who.offices
    assert "qd_hotline" not in who.offices
