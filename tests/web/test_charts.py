"""Charts: words, a table with the same numbers, told apart without colour, no own style."""

import re
from itertools import pairwise

import pytest
from lxml import html
from markupsafe import Markup

from web import charts
from web.charts import Part, Series


def drawn(svg: Markup):
    return html.fragment_fromstring(str(svg))


PARTS = [Part("<b>按时</b>", 3, "3"), Part("超期", 1, "1")]
EACH = [
    lambda: charts.stacked("题", "述", PARTS, ("部分", "件数")),
    lambda: charts.bars("题", "述", PARTS, ("部分", "件数")),
    lambda: charts.ageing("题", "述", PARTS, ("部分", "件数")),
    lambda: charts.lines(
        "题", "述", ("9月", "10月", "11月"), [Series("甲", [1, None, 2])], ("月", "甲"), unit="%"
    ),
    lambda: charts.columns(
        "题",
        "述",
        ("9月", "10月"),
        [Series("甲", [1, None]), Series("乙", [0, 2])],
        ("月", "甲", "乙"),
    ),
]


@pytest.mark.parametrize("draw", EACH)
def test_a_chart_has_title_description_and_the_same_numbers_as_a_table(draw):
    chart = draw()
    svg = drawn(chart.svg)
    assert svg.xpath("./title")[0].text == "题"
    assert svg.xpath("./desc")[0].text == "述"
    assert svg.get("role") == "img"
    assert [one.tag for one in svg][:2] == ["title", "desc"], "its name, then its description"
    assert len(chart.rows) in {2, 3}
    assert all(len(row) == len(chart.head) for row in chart.rows)
    assert "style" not in str(chart.svg)
    assert "<b>" not in str(chart.svg), "words are no markup"


def test_parts_differ_in_lightness():
    shades = re.findall(r'fill="#(\w{6})"', str(EACH[0]().svg))
    lightness = [sum(int(one[n : n + 2], 16) for n in (0, 2, 4)) for one in shades]
    assert len(lightness) == 2
    assert abs(lightness[0] - lightness[1]) > 150


def test_lines_differ_in_dashes_and_break_where_nothing_is_known():
    both = [Series("甲", [1, None, 2]), Series("乙", [3, 3, 3])]
    svg = drawn(charts.lines("题", "述", ("a", "b", "c"), both, ("月", "甲", "乙")).svg)
    paths = [one for one in svg.xpath(".//path") if one.get("stroke-width")]
    assert paths[0].get("d").count("M") == 2
    assert paths[0].get("stroke-dasharray") is None
    assert paths[1].get("stroke-dasharray")
    assert [one.text for one in svg.xpath(".//text")][-1] == "乙"


def names_of(series):
    """Each name at the end of its line, and how high its foot stands."""
    places = [str(n) for n in range(len(series[0].values))]
    svg = drawn(charts.lines("题", "述", places, series, ("月", *(s.name for s in series))).svg)
    return {one.text: (float(one.get("x")), float(one.get("y"))) for one in svg.xpath(".//text")
            if one.text in {s.name for s in series}}  # fmt: skip


@pytest.mark.parametrize("end", [0, 50, 100])
def test_names_of_lines_that_end_alike_do_not_cover_each_other(end):
    series = [
        Series(name, [start, end])
        for name, start in (("甲", 40), ("乙", 100), ("丙", 0), ("丁", 60))
    ]
    at = names_of(series)
    feet = sorted(y for _, y in at.values())
    assert all(after - before >= 14 for before, after in pairwise(feet))
    assert feet[0] >= 12
    assert feet[-1] <= 150, "above the names of the months"
    assert [name for name, _ in sorted(at.items(), key=lambda one: one[1][1])] == list("乙丁甲丙")


def test_a_name_stands_at_the_end_of_its_line_where_there_is_room():
    far = names_of([Series("甲", [1, 9]), Series("乙", [1, 1])])
    alone = names_of([Series("甲", [1, 9])]), names_of([Series("乙", [9, 1])])
    assert far["甲"] == alone[0]["甲"]
    assert far["乙"] == alone[1]["乙"]
    ended = names_of([Series("甲", [5, 5, None, None, None]), Series("乙", [5, 5, 5, 5, 5])])
    assert ended["甲"][1] == ended["乙"][1], "one ends long before the other"


def test_nothing_to_draw_is_drawn_all_the_same():
    assert "<svg" in charts.stacked("题", "述", [Part("x", 0, "0")], ("a", "b")).svg
    assert "<svg" in charts.lines("题", "述", ("a",), [Series("甲", [None])], ("a", "b")).svg
    flat = charts.lines("题", "述", ("a", "b"), [Series("甲", [5, 5])], ("a", "b"))
    assert flat.rows == [("a", "5.0"), ("b", "5.0")]


def test_an_interval_says_its_ends():
    assert drawn(charts.interval(63.8, 71.4, 78.0, "63.8–78.0%")).xpath("./title")[0].text
