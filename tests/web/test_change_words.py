"""Every kind of difference is told in words of the page's language, with values people read."""

from apiflask import APIFlask

from engine.comparing import compare_files
from tests.engine.comparing.test_pairs import PAIRS, files, replaced
from tests.untranslated import HAN
from web import change_words
from web.change_words import Known, Line

KNOWN = Known(limits={"contact": {"zh": "联系市民", "en": "Contact"}})
# Told by the name that another tool gave it.
FOREIGN = ("another vendor's attribute", "another vendor's element")


def lines(app: APIFlask, language: str) -> dict[str, Line]:
    found = {}
    with app.test_request_context(f"/?lang={language}"):
        for pair, (path, old, new, _told) in PAIRS.items():
            comparison = compare_files(files(), replaced(path, (old, new)))
            [group] = change_words.groups(comparison, KNOWN)
            assert bool(HAN.search(group.title)) == (language == "zh")
            [found[pair]] = [*group.lines, *group.moved]
    return found


def test_every_difference_has_words_in_both_languages(app: APIFlask) -> None:
    chinese, english = lines(app, "zh"), lines(app, "en")
    for pair in PAIRS:
        assert HAN.search(chinese[pair].what), f"{pair}: {chinese[pair].what}"
        assert HAN.search(chinese[pair].done), pair
        # The column of a cell is called as its table calls it.
        if pair not in {"a cell"}:
            assert not HAN.search(english[pair].what), f"{pair}: {english[pair].what}"
        raw = PAIRS[pair][3][2]
        assert raw not in (chinese[pair].what, english[pair].what) or pair in FOREIGN, pair


SAID = [
    ("a timer", "zh", ("定时", "过 5 个工作日", "过 3 个工作日")),
    ("a timer", "en", ("Timer", "after 5 working days", "after 3 working days")),
    ("a limit", "zh", ("时限", "联系市民 (contact)", "3 个工作日")),
    ("roles", "zh", ("谁来做", "承办人", "承办人、审核员")),
    ("interrupting", "zh", ("打断原来的任务", "否", None)),
    ("the way taken else", "zh", ("都不符合时走", "要审吗 → 完", "要")),
    ("a lane", "zh", ("泳道", "承办单位", None)),
    (
        "one after another",
        "en",
        ("Done several times", "one after another", "at the same time"),
    ),
    ("a cell", "zh", ("「危险」格", '"many_units"', '"many_units", "several"')),
    ("required no more", "zh", ("必填", "是", None)),
]


def test_values_read_as_people_say_them(app: APIFlask) -> None:
    for pair, language, told in SAID:
        path, old, new, _told = PAIRS[pair]
        with app.test_request_context(f"/?lang={language}"):
            comparison = compare_files(files(), replaced(path, (old, new)))
            line = change_words.line(comparison.changes[0], comparison, KNOWN)
        assert (line.what, line.old, line.new) == told
