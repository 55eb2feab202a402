"""Where the elements of a diagram or the tables of a decision file are drawn, and how they look."""

from typing import Any

from engine.comparing.xml_facts import called, split

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
# Facts that say where something is drawn; the others say how it looks.
PLACES = ("plane", "box", "label")
_LOOKS = {
    "isExpanded": "expanded", "isHorizontal": "horizontal", "isMarkerVisible": "marker",
    "isMessageVisible": "message_visible", "bioc:fill": "fill", "bioc:stroke": "stroke",
    "color:background-color": "fill", "color:border-color": "stroke",
}  # fmt: skip
# What is meant where nothing is written.
_DEFAULTS = {"isExpanded": "false", "isMarkerVisible": "false", "isHorizontal": "true"}


def drawn_in(root: Any) -> dict[str, dict[str, str]]:
    """Where each element is drawn, by its id."""
    found: dict[str, dict[str, str]] = {}
    for plane in root.iter(f"{{{DI}}}BPMNPlane"):
        for drawn in plane:
            if drawn.get("bpmnElement"):
                facts = {**_place(drawn), **_looks(drawn)}
                home = plane.get("bpmnElement") or ""
                if home:
                    facts["plane"] = f"@{home}"
                found.setdefault(drawn.get("bpmnElement"), facts)
    return found


def _place(drawn: Any) -> dict[str, str]:
    points, label = [], ""
    for child in drawn:
        name = split(child.tag)[1]
        if name == "Bounds":
            points.append(_box(child))
        elif name == "waypoint":
            points.append(f"{_number(child.get('x'))},{_number(child.get('y'))}")
        elif name == "BPMNLabel":
            label = " ".join(_box(one) for one in child if split(one.tag)[1] == "Bounds")
    found = {"box": " ".join(points)}
    return {**found, "label": f"({label})"} if label else found


def _looks(drawn: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in drawn.attrib.items():
        shown = called(name, DI)
        what = _LOOKS.get(shown)
        if what and _DEFAULTS.get(shown) != value:
            found.setdefault(what, value.lower())
    return found


def _box(node: Any) -> str:
    at = f"{_number(node.get('x'))},{_number(node.get('y'))}"
    return f"{at} {_number(node.get('width'))}×{_number(node.get('height'))}"


def _number(text: str | None) -> str:
    """A coordinate as it is meant: 100.0 is 100."""
    try:
        return f"{float(text or 0):g}"
    except ValueError:
        return text or ""
