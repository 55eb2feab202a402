"""What is shipped has no fault, not even a warning, with its forms and its pack beside it."""

import pytest

from engine.bpmn.linter import check
from tests.workflows.shipped import PROCESSES, decision_bytes, forms, pack_of, process_bytes


def faults(key, process=None):
    pack = pack_of(key)
    routing = {
        name: {field for field, said in schema["properties"].items() if said.get("x-routing")}
        for name, schema in forms(key).items()
    }
    return check(
        key,
        process or process_bytes(key),
        decision_bytes(key),
        forms=routing,
        limits=set(pack.limits),
        roles={role["key"] for role in pack.items("roles")},
    )


@pytest.mark.parametrize("key", PROCESSES)
def test_diagram_has_no_fault_and_no_warning(key):
    assert faults(key) == []


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        ('value="screener"', 'value="poet"', "screen"),
        ('name="form" value="callback"', 'name="form" value="postcard"', "callback"),
        ("<bpmn:timeDate>contact<", "<bpmn:timeDate>soon<", "contact_due"),
        ("case.returned", "case.retuned", "handled__transfer"),
    ],
)
def test_a_slip_in_a_diagram_is_found_where_it_is(old, new, element):
    source = process_bytes("appeal").decode()
    assert old in source
    found = faults("appeal", source.replace(old, new, 1).encode())
    assert any(element in fault.element for fault in found), found
