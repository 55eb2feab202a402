"""A pack changed entry by entry: what becomes its own, what is inherited again, what is refused."""

from copy import deepcopy
from pathlib import Path

import pytest

from engine import pack_faults
from engine.designing import pack_editing
from engine.designing.pack_editing import Place, place
from engine.errors import Conflict, InvalidPack, NotFound
from engine.pack_schema import SECTIONS
from engine.packs import from_content, load

PACKS = Path(__file__).resolve().parents[2] / "workflows" / "packs"
LIMITS, CATEGORIES, OFFICES = Place("limits"), Place("categories"), Place("offices")


@pytest.fixture(scope="module")
def guilin():
    return load(PACKS / "gl-jindianzi").content


@pytest.fixture(scope="module")
def base():
    return load(PACKS / "base-12345").content


def entry(content, at, key, **more):
    return {**pack_editing.entry(content, at, key), **more}


def test_the_last_entry_of_every_section_goes_through_unchanged(guilin):
    content = guilin
    for name in SECTIONS:
        at = place(name)
        assert pack_editing.readable(content, at)
        known = pack_editing.entries(content, at)
        for one, said in [*known.items()][-1:]:
            after = pack_editing.put(content, at, one, said)
            assert after[name] == content[name], (name, one)
    assert pack_faults.of_schema(content) == []
    assert pack_faults.loose_ends(content) == []


def test_a_changed_limit_is_the_pack_s_own_and_no_more_left_open(guilin):
    was = deepcopy(guilin)
    new = entry(guilin, LIMITS, "handling", budget="7 WD")
    after = from_content(pack_editing.put(guilin, LIMITS, "handling", new))
    assert after.limits["handling"].budget == "7 WD"
    assert after.limits["handling"].stated
    assert after.limits["handling"].budget_for({"handling_limit": "3 WD"}) == "7 WD"
    assert "limits.handling" not in {one["key"] for one in after.not_stated}
    assert "limits.sign" in {one["key"] for one in after.not_stated}
    assert not after.limits["sign"].stated
    assert guilin == was, "the content itself is not touched"


def test_back_to_what_was_is_the_same_content(guilin):
    shorter = entry(guilin, LIMITS, "contact", budget="3 WD")
    there = pack_editing.put(guilin, LIMITS, "contact", shorter)
    back = pack_editing.put(there, LIMITS, "contact", entry(guilin, LIMITS, "contact"))
    assert there != guilin
    assert back == guilin


def test_an_entry_is_added_moved_and_taken_out_of_a_list(guilin):
    dust = {"key": "dust", "zh": "扬尘", "en": "Dust"}
    more = pack_editing.put(guilin, CATEGORIES, "", dust)
    assert list(pack_editing.entries(more, CATEGORIES))[-1] == "dust"
    first = pack_editing.move(more, CATEGORIES, "dust", -1)
    assert list(pack_editing.entries(first, CATEGORIES))[-2:] == ["dust", "other"]
    assert pack_editing.move(more, CATEGORIES, "urban", -1) == more
    less = pack_editing.remove(first, CATEGORIES, "dust")
    assert less["categories"] == guilin["categories"]
    with pytest.raises(Conflict):
        pack_editing.put(guilin, CATEGORIES, "", {**dust, "key": "water"})
    for act in (pack_editing.remove, pack_editing.entry):
        with pytest.raises(NotFound):
            act(guilin, CATEGORIES, "dust")
    with pytest.raises(NotFound):
        pack_editing.put(guilin, CATEGORIES, "dust", dust)
    with pytest.raises(NotFound):
        pack_editing.move(guilin, OFFICES, "reception", 1)


def test_what_a_section_states_is_its_base_s_again(guilin, base):
    seven = pack_editing.put(
        guilin, LIMITS, "handling", entry(guilin, LIMITS, "handling", budget="7 WD")
    )
    again = pack_editing.inherit(seven, base, LIMITS, "handling")
    assert again["limits"] == guilin["limits"]
    assert again["stated"] == guilin["stated"]
    assert pack_editing.stated(guilin, LIMITS, "contact")
    theirs = pack_editing.inherit(guilin, base, LIMITS, "contact")
    assert not from_content(theirs).limits["contact"].stated
    assert theirs["limits"]["contact"] == base["limits"]["contact"]
    assert not {one for one in theirs["stated"] if one.startswith("limits")}
    channels = pack_editing.inherit(guilin, base, Place("channels"))
    assert channels["channels"] == base["channels"]
    assert channels["sources"]["channels"] == base["sources"]["channels"]
    assert not pack_editing.stated(channels, Place("channels"))
    with pytest.raises(NotFound):
        pack_editing.inherit(guilin, base, OFFICES, "nothing_of_the_kind")


def test_what_is_inherited_follows_a_base_that_moved_on(guilin, base):
    assert pack_editing.behind(guilin, base) == []
    assert pack_editing.follow(guilin, base) == guilin
    moved = pack_editing.put(base, LIMITS, "sign", entry(base, LIMITS, "sign", budget="2 WD"))
    moved = pack_editing.put(
        moved, LIMITS, "contact", entry(base, LIMITS, "contact", budget="9 WD")
    )
    moved = pack_editing.remove(moved, Place("outcomes"), "planned")
    assert pack_editing.behind(guilin, moved) == ["limits", "outcomes"]
    after = from_content(pack_editing.follow(guilin, moved))
    assert (after.limits["sign"].budget, after.limits["contact"].budget) == ("2 WD", "5 WD")
    assert after.item("outcomes", "planned") is None
    assert after.stated == frozenset(guilin["stated"])


def test_rungs_are_a_list_of_their_limit(guilin):
    at = place("rungs", "contact")
    assert list(pack_editing.entries(guilin, at)) == ["remind"]
    press = {
        "name": "press",
        "zh": "催",
        "en": "Press",
        "before": "1 WD",
        "source": {"zh": "某规定", "en": "A rule"},
        "mark": "K",
    }
    pack = from_content(pack_editing.put(guilin, at, "", press))
    assert [rung.name for rung in pack.limits["contact"].rungs] == ["remind", "press"]
    fresh = pack_editing.put(guilin, place("rungs", "sign"), "", press)
    assert from_content(fresh).limits["sign"].stated
    with pytest.raises(NotFound):
        pack_editing.put(guilin, place("rungs", "no_such_limit"), "", press)


def test_sections_of_one_entry_and_of_words(guilin):
    hours = {**guilin["office_hours"], "close": "17:30", "segments": [["09:00", "17:30"]]}
    after = pack_editing.put(guilin, Place("office_hours"), "", hours)
    assert from_content(after).hours.close.isoformat("minutes") == "17:30"
    assert pack_editing.stated(after, Place("office_hours"))
    assert not pack_editing.stated(guilin, Place("office_hours"))
    assert pack_editing.put(guilin, Place("prefix"), "", {"value": "GX"})["prefix"] == "GX"
    moved = pack_editing.put(guilin, OFFICES, "feedback", {"key": "feedback", "value": "x"})
    assert moved["offices"] == {**guilin["offices"], "feedback": "x"}
    with pytest.raises(NotFound):
        place("no_such_section")
    with pytest.raises(Conflict):
        pack_editing.put({**guilin, "limits": []}, LIMITS, "contact", {})


def test_faults_are_named_by_section_entry_and_field(guilin):
    content = deepcopy(dict(guilin))
    content["limits"]["contact"]["budget"] = "soon"
    content["limits"]["contact"]["rungs"][0]["before"] = "1 WD"
    del content["categories"][3]["en"]
    content["outcomes"] = []
    content["prefix"] = "x"
    found = {
        (one.section, one.entry, one.field, one.rule) for one in pack_faults.of_schema(content)
    }
    assert found == {
        ("limits", "contact", "budget", "pattern"),
        ("limits", "contact.remind", "", "oneOf"),
        ("categories", "noise", "en", "required"),
        ("outcomes", "", "", "minItems"),
        ("prefix", "", "", "pattern"),
    }


def test_loose_ends_are_named_and_a_budget_beyond_all_rules_is_refused(guilin):
    content = deepcopy(dict(guilin))
    content["categories"][0]["parent"] = "nowhere"
    content["ladder"].append(deepcopy(content["ladder"][0]))
    content["limits"]["contact"]["budget"] = "9000 WD"
    content["classes"][0]["handling"] = "9999 h"
    found = {
        (one.section, one.entry, one.field, one.rule) for one in pack_faults.loose_ends(content)
    }
    assert found == {
        ("categories", "urban", "parent", "nowhere"),
        ("ladder", "phone", "key", "twice"),
        ("limits", "contact", "budget", "long"),
        ("classes", "emergency", "handling", "long"),
    }
    with pytest.raises(InvalidPack, match="9000 WD"):
        from_content(content)
