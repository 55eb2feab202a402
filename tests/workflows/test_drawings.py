"""Every shipped diagram can be read on paper and on screen, in both languages."""

import re

import pytest

from tests.workflows.drawing import findings
from tests.workflows.shipped import PROCESSES, elements, process_bytes, properties, tree

IN_PUBLIC = {"appeal", "qd_first_screening", "qd_government", "qd_media", "qd_petition"}
OWNERS = "reception|unit|asking|feedback|supervision|hotline|media|petition|discipline"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("key", PROCESSES)
def test_drawing_is_clean(key, language):
    assert findings(process_bytes(key), language) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        # The archive moved onto its end event; the dispatch moved away from its edges.
        ('x="1700" y="790"', 'x="1780" y="790"', "shapes touch: archive ended_closed"),
        ('x="650" y="200"', 'x="650" y="260"', "does not end on its shape"),
        ('name_en" value="Dispatch"', 'name_fr" value="Dispatch"', "no English name: dispatch"),
    ],
)
def test_a_shape_moved_by_hand_is_found(old, new, finding):
    source = process_bytes("appeal").decode()
    assert old in source
    found = findings(source.replace(old, new, 1).encode())
    assert any(line.startswith(finding) for line in found), found


@pytest.mark.parametrize("key", PROCESSES)
def test_every_task_says_who_may_do_it_and_what_the_public_sees(key):
    root = tree(key)
    for task in (e for e in elements(root) if e.tag.endswith("}userTask")):
        said = properties(task)
        assert said["form"] == task.get("id")
        assert said["roles"]
        assert said["unit"] in {
            "office",
            "responsible",
            "candidates",
            "co_unit",
            "asked",
        }
        assert bool(said.get("public_name")) == bool(said.get("public_name_en"))
        # Of a sealed case nothing is public; supervision beside a course has the timer's limit.
        assert bool(said.get("public_name")) == (key in IN_PUBLIC) or key == "extension"
        if key == "appeal":
            assert said["limit"]
    lanes = [e.get("id") for e in elements(root) if e.tag.endswith("}lane")]
    assert lanes
    assert all(re.fullmatch(rf"lane_({OWNERS})", lane) for lane in lanes)
