"""A pack says what it states, inherits the rest, and refuses what points nowhere."""

import json
from copy import deepcopy
from datetime import time
from pathlib import Path

import pytest

from engine.errors import InvalidPack
from engine.packs import from_content, load

PACKS = Path(__file__).resolve().parents[2] / "workflows" / "packs"


@pytest.fixture(scope="module")
def base():
    return load(PACKS / "base-12345")


def base_content():
    return json.loads((PACKS / "base-12345" / "pack.json").read_text(encoding="utf-8"))


def small(**more):
    return {"key": "small", "extends": "base-12345", **more}


def source(mark="T"):
    return {"source": {"zh": "某规定", "en": "A rule"}, "mark": mark}


def limit(budget, **more):
    return {"zh": "限", "en": "Limit", "budget": budget, "clock": "citizen", **source(), **more}


def test_pack_inherits_what_it_does_not_state(base):
    pack = from_content(small(prefix="SM"), base)
    assert (pack.prefix, base.prefix) == ("SM", "HY")
    assert pack.name == base.name
    assert pack.items("categories") == base.items("categories")
    assert pack.parts == {
        "appeal": "appeal",
        "supervision": "supervision",
        "extension": "extension",
        "opinion": "opinion",
    }
    assert pack.stated == {"prefix"}
    assert pack.not_stated == []


def test_list_section_is_replaced_and_a_map_is_joined(base):
    channels = [{"key": "box", "zh": "意见箱", "en": "Box"}]
    pack = from_content(
        small(channels=channels, limits={"review": limit("2 WD")}, processes={"appeal": "mine"}),
        base,
    )
    assert pack.items("channels") == channels
    assert pack.limits["review"].budget == "2 WD"
    assert set(pack.limits) == set(base.limits)
    assert pack.parts == {
        "appeal": "mine",
        "supervision": "supervision",
        "extension": "extension",
        "opinion": "opinion",
    }
    assert {"channels", "limits", "limits.review", "processes.appeal"} <= pack.stated
    assert "limits.contact" not in pack.stated


def test_stated_limit_wins_over_the_decision_and_an_inherited_one_yields(base):
    pack = from_content(small(limits={"contact": limit("5 WD")}), base)
    decided = {"contact_limit": "2 h", "handling_limit": "3 WD"}
    assert pack.limits["contact"].stated
    assert pack.limits["contact"].budget_for(decided) == "5 WD"
    assert not pack.limits["handling"].stated
    assert pack.limits["handling"].budget_for(decided) == "3 WD"
    assert pack.limits["handling"].budget_for({"handling_limit": ""}) == "5 WD"
    assert pack.limits["review"].budget_for(decided) == "1 WD"
    # A pack without a base gives defaults: they yield too.
    assert not base.limits["contact"].stated
    assert base.limits["contact"].budget_for(decided) == "2 h"


def test_stating_wins_even_if_a_decision_is_named(base):
    pack = from_content(small(limits={"contact": limit("5 WD", decided_by="contact_limit")}), base)
    assert pack.limits["contact"].budget_for({"contact_limit": "2 h"}) == "5 WD"


def test_limit_tells_its_rungs_and_what_settles_it(base):
    contact = base.limits["contact"]
    assert (contact.clock, contact.mark, contact.settled_by) == ("citizen", "T", "contacted")
    assert [(r.name, r.before, r.after) for r in contact.rungs] == [("remind", "3 h office", None)]
    handling = base.limits["handling"]
    assert [r.name for r in handling.rungs] == ["remind", "yellow"]
    assert handling.overdue == "handling_overdue"
    assert handling.decided_by == "handling_limit"


def test_whole_content_gives_the_same_pack(base):
    pack = from_content(small(limits={"contact": limit("5 WD")}, not_stated=[]), base)
    again = from_content(json.loads(json.dumps(pack.content)))
    assert again.content == pack.content
    assert (again.key, again.extends, again.stated) == (pack.key, pack.extends, pack.stated)
    assert again.limits == pack.limits
    assert again.limits["contact"].stated


def test_grandchild_inherits_through_both(base):
    middle = from_content(small(limits={"contact": limit("5 WD")}), base)
    last = from_content({"key": "last", "extends": "small"}, middle)
    assert last.limits["contact"].budget == "5 WD"
    assert not last.limits["contact"].stated


def test_hours_and_offices(base):
    assert base.hours.segments == ((time(9), time(12)), (time(13, 30), time(18)))
    assert (base.hours.close, base.hours.start_rule) == (time(18), "next_day")
    pack = from_content(
        small(
            offices={"reception": "desk"},
            office_hours={
                "segments": [["08:30", "17:00"]],
                "close": "17:00",
                "start_rule": "same_day_before_cutoff",
                "cutoff": "10:00",
                **source(),
            },
        ),
        base,
    )
    assert pack.hours.cutoff == time(10)
    assert pack.office("intake") == "desk"
    assert pack.office("caller") == "feedback_office"
    assert pack.office("handler") is None
    assert pack.office("poet") is None


def test_a_channel_may_have_an_office_of_its_own(base):
    channels = [
        {"key": "phone", "zh": "电话", "en": "Phone"},
        {"key": "paper", "zh": "报纸", "en": "Newspaper", "office": "feedback"},
    ]
    pack = from_content(small(channels=channels), base)
    assert pack.reception("phone") == pack.office("intake") == "reception_centre"
    assert pack.reception("paper") == "feedback_office"
    assert base.reception("phone") == "reception_centre"


def test_routes_and_topics_are_empty_where_a_pack_says_nothing_of_them(base):
    assert base.items("routes") == base.items("topics") == []
    assert base.options()["pack.routes"] == ()
    old = {name: said for name, said in base.content.items() if name not in {"routes", "topics"}}
    assert from_content(old).content == base.content, "a pack kept before there were any"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            {"routes": [{"key": "on", "zh": "渠道", "en": "Route", "process": "p", "office": "x"}]},
            "routes.on: there is no office x",
        ),
        ({"routes": [{"key": "on", "zh": "渠道", "en": "Route"}]}, "'process' is a required"),
        (
            {"channels": [{"key": "on", "zh": "电话", "en": "Phone", "office": "x"}]},
            "channels.on: there is no office x",
        ),
        (
            {
                "routes": [
                    {"key": "on", "zh": "渠道", "en": "Route", "process": "p", "sealed": True}
                ]
            },
            "routes.on: sealed, and there is no office compartment",
        ),
    ],
)
def test_a_route_or_channel_that_leads_nowhere_is_refused(base, more, fault):
    with pytest.raises(InvalidPack, match=fault):
        from_content(small(**more), base)


def test_lists_for_forms(base):
    options = base.options()
    assert "noise" in options["pack.categories"]
    assert options["pack.channels"] == (
        "phone",
        "web",
        "letter",
        "email",
        "visit",
        "callback",
    )
    assert set(options["pack.legal_channels"]) >= {"court", "petition_office"}
    assert base.item("outcomes", "solved")["en"] == "Solved"
    assert base.item("outcomes", "magic") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"key": "Bad Key"}, "key"),
        ({"key": "x", "extends": "nowhere"}, "extends: expected nowhere, found base-12345"),
        ({"key": "x"}, "extends: expected None, found base-12345"),
        (small(limits={"contact": limit("soon")}), "limits/contact/budget"),
        (small(limits={"contact": {"budget": "5 WD"}}), "limits/contact"),
        (small(prefix="桂"), "prefix"),
        (small(moon=1), "moon"),
        (
            small(categories=[{"key": "a", "zh": "甲", "en": "A", "parent": "b"}]),
            "categories.a: there is no parent b",
        ),
        (
            small(channels=[{"key": "a", "zh": "甲", "en": "A"}] * 2),
            "channels: a is there twice",
        ),
        (
            small(
                refusal_reasons=[{"key": "a", "zh": "甲", "en": "A", "channel": "moon", **source()}]
            ),
            "refusal_reasons.a: there is no channel moon",
        ),
        (small(name={"zh": "甲"}), "'en' is a required property"),
        (
            small(
                limits={
                    "contact": limit(
                        "5 WD", rungs=[{"name": "r", "zh": "甲", "en": "A", **source()}]
                    )
                }
            ),
            "limits/contact/rungs/0",
        ),
        (
            small(
                office_hours={
                    "segments": [["12:00", "09:00"]],
                    "close": "18:00",
                    "start_rule": "next_day",
                    **source(),
                }
            ),
            "office_hours",
        ),
        ([], "the pack"),
    ],
)
def test_faulty_pack_is_refused_with_the_place(base, content, told):
    with pytest.raises(InvalidPack) as caught:
        from_content(content, base)
    assert told in caught.value.message


def test_pack_without_a_base_must_say_everything():
    content = base_content()
    del content["ladder"]
    with pytest.raises(InvalidPack, match="ladder: missing"):
        from_content(content)
    content = base_content()
    del content["processes"]["supervision"]
    with pytest.raises(InvalidPack, match="supervision is missing"):
        from_content(content)


def written(folder, content):
    folder.mkdir()
    (folder / "pack.json").write_text(
        content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
    )
    return folder


def test_load_finds_the_base_beside(tmp_path):
    written(tmp_path / "base-12345", base_content())
    pack = load(written(tmp_path / "small", small(prefix="SM")))
    assert (pack.prefix, pack.extends) == ("SM", "base-12345")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ({"key": "mine", "extends": "mine"}, "cannot extend mine"),
        ({"key": "mine", "extends": "../mine"}, "cannot extend"),
        ({"key": "mine", "extends": "missing"}, "missing: there is no pack.json"),
    ],
)
def test_pack_that_cannot_be_read_is_refused(tmp_path, content, told):
    with pytest.raises(InvalidPack) as caught:
        load(written(tmp_path / "mine", content))
    assert told in caught.value.message


def test_packs_that_extend_each_other_are_refused(tmp_path):
    written(tmp_path / "one", {"key": "one", "extends": "two"})
    written(tmp_path / "two", {"key": "two", "extends": "one"})
    with pytest.raises(InvalidPack, match="cannot extend"):
        load(tmp_path / "one")


def test_a_pack_is_not_changed_by_its_children(base):
    before = deepcopy(base.content)
    from_content(small(limits={"contact": limit("5 WD")}, offices={"reception": "x"}), base)
    assert base.content == before
