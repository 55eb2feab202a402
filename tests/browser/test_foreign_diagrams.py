"""Drawings made with other tools: opened in the studio and saved, they say all that they said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import infoset
from tests.browser.conftest import DESK, Visitor
from tests.browser.studio import begins, drawn, imports

FOREIGN = sorted((Path(__file__).parent / "foreign_diagrams").glob("*.bpmn"))


@pytest.mark.slow
@pytest.mark.browser
def test_nothing_of_a_foreign_drawing_is_lost(visit: Callable[..., Visitor]) -> None:
    """Each is opened twice: what the studio wrote must be whole as well."""
    assert len(FOREIGN) >= 20
    page = begins(visit(DESK).signs_in("she.ji"), "appeal")
    faults = []
    for path in FOREIGN:
        content = path.read_text("utf-8")
        imports(page, content)
        once = drawn(page)
        imports(page, once)
        for what, saved in (("saved", once), ("saved again", drawn(page))):
            faults += [f"{path.stem} {what}: {gone}" for gone in infoset.lost(content, saved)]
    assert not faults, "\n".join(faults)


def test_the_comparer_sees_what_is_lost() -> None:
    """Else it would find nothing whatever happened."""
    whole = FOREIGN[0].read_text("utf-8")
    assert infoset.lost(whole, whole) == []
    for there, gone in (
        (' name="', ' nane="'),
        ("<endEvent ", "<startEvent "),
        ('height="30.0"', 'height="30.5"'),
        ("P3D", "P4D"),
    ):
        assert there in whole, there
        assert infoset.lost(whole, whole.replace(there, gone, 1)), there
    spaced = whole.replace("><", ">\n  <").replace('height="30.0"', 'height="30"')
    assert infoset.lost(whole, spaced) == [], "white space and how a number is written say nothing"
