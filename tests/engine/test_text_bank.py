"""The demo's text bank: our own messages, filled in both languages, in step with the packs."""

import json
import re
from itertools import chain

import pytest

from engine.playing import bank
from engine.playing.chances import lots
from tests.databases import WORKFLOWS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
REFUSED = bank.templates(bank.REFUSED)
SEALED = bank.templates(bank.DISCIPLINE)
EVERY = (*bank.templates(), *REFUSED, *SEALED, *bank.templates("suggested"))
CITIES = bank.cities().values()


def pack(key):
    base = json.loads((WORKFLOWS / "packs" / "base-12345" / "pack.json").read_text("utf-8"))
    own = json.loads((WORKFLOWS / "packs" / key / "pack.json").read_text("utf-8"))
    return base | own


def organisation(key):
    return json.loads((WORKFLOWS / "packs" / key / "organisation.json").read_text("utf-8"))


def keys(entries):
    return {entry["key"] for entry in entries}


def test_there_are_more_than_120_messages_and_none_twice():
    assert len(bank.templates()) >= 120
    for texts in (
        [one.key for one in EVERY],
        [one.title for one in EVERY],
        [one.body for one in EVERY],
        [one.en for one in EVERY],
        [one.answer for one in bank.templates()],
        [one.measures for one in bank.templates()],
    ):
        assert len(set(texts)) == len(texts), sorted(t for t in texts if texts.count(t) > 1)


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.pack)
def test_every_message_can_be_filled_in_both_languages(city):
    fitting = [one for one in EVERY if bank.fits(one, city)]
    assert len(fitting) > 110
    for template in fitting:
        slots = bank.slots(template, city, lots(city.pack, template.key))
        for text in template.texts:
            assert "{" not in slots.put(text, date="6月1日")
        assert CHINESE.search(slots.put(template.title))
        assert CHINESE.search(slots.put(template.body))
        english = slots.put_en(template.en)
        assert not CHINESE.search(english), english
        assert "{" not in english
        assert english.endswith((".", "?")), english
        assert 10 <= len(english) <= 140


def test_a_message_that_is_handled_says_what_was_done():
    for template in bank.templates():
        assert template.measures
        assert template.answer
        assert template.kind in {"help", "complaint", "suggestion", "consultation"}
        assert template.hazard in {"none", "life"}
        assert all(1 <= month <= 12 for month in template.months)
        assert any(bank.fits(template, city) for city in CITIES)


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.pack)
def test_what_the_cities_table_names_is_in_the_pack_and_its_organisation(city):
    content = pack(city.pack)
    units = keys(organisation(city.pack)["units"])
    assert set(city.channels) <= keys(content["channels"])
    for duty in city.duties:
        assert city.category(duty) in keys(content["categories"]), duty
        assert city.units(duty), duty
        assert set(city.units(duty)) <= units, duty
    handlers = {
        one["unit"]
        for person in organisation(city.pack)["persons"]
        for one in person["memberships"]
        if one["role"] == "handler"
    }
    assert set(city.all_units) <= handlers
    assert handlers - {"qd_districts"} <= set(city.all_units), "each handler has a duty"


def test_reasons_outcomes_and_faults_are_the_packs():
    content = pack("base-12345")
    assert {one.reason for one in REFUSED} <= keys(content["refusal_reasons"])
    assert {one.outcome for one in EVERY} <= keys(content["outcomes"])
    faults = chain(bank.phrases("fob_fault"), bank.phrases("good_fault"))
    assert set(faults) <= keys(content["review_faults"])
    assert len(bank.phrases("fob_fault")) >= len(bank.phrases("fob_note"))
    assert len(bank.phrases("good_fault")) == len(bank.phrases("good_fault_note"))


def test_every_phrase_can_be_said():
    told = json.loads((bank.FOLDER / "phrases.json").read_text("utf-8"))
    chance = lots("phrases")
    for name, phrases in told.items():
        for kind in phrases if isinstance(phrases, dict) else ("",):
            said = {bank.say(name, chance, kind) for _ in range(20)}
            assert not any("{" in text for text in said), name


def test_only_discipline_messages_are_routed_and_they_name_no_measures():
    assert len(SEALED) >= 5
    assert {one.route for one in SEALED} == {"discipline"}
    assert not any(one.route for one in bank.templates())
