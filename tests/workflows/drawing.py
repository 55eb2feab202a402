"""The geometry of a drawing, read from its file: everything that makes it hard to read.

An edge may not cross or lie on another edge, a shape or a label. Two edges of one source may
share their first run, two into one target their last. Shapes and labels do not touch, centres
lie on a grid of 10, edges run at right angles and end on their shapes, everything lies inside
its lane or frame, every name fits its box, and everything is drawn and bilingual.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

from lxml import etree

from tests.workflows.geometry import (
    Box,
    Line,
    cuts,
    inside,
    lines_needed,
    meet,
    on_border,
    overlap,
    text_width,
    unshared,
)
from tests.workflows.shipped import BPMN, SPIFF, properties

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAY = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
TASKS = {"userTask", "serviceTask", "businessRuleTask", "scriptTask", "receiveTask", "subProcess"}
NODES = TASKS | {
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
}
DRAWN = NODES | {"sequenceFlow", "textAnnotation", "association", "lane"}
NAMED = NODES | {"lane", "sequenceFlow", "participant"}
LABEL_WIDTH = 76  # bpmn-js wraps an external label here


# Reading ---------------------------------------------------------------------------------------


@dataclass
class Plane:
    """One drawing of a file: a process, or a collapsed stage opened."""

    shapes: dict[str, Box] = field(default_factory=dict)
    frames: dict[str, Box] = field(default_factory=dict)  # expanded sub-processes
    lanes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    edges: dict[str, Line] = field(default_factory=dict)


class Drawing:
    """A file with its planes. language "en" shows it as with its English names."""

    def __init__(self, source: bytes, language: str = "zh") -> None:
        root = etree.fromstring(source)
        if language == "en":
            _translate(root)
        found = [e for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(BPMN)]
        self.by_id: dict[str, Any] = {e.get("id"): e for e in found if e.get("id")}
        self.kind = {key: etree.QName(e).localname for key, e in self.by_id.items()}
        self.planes = [self._plane(p) for p in root.iter(DI + "BPMNPlane")]

    def _plane(self, node: Any) -> Plane:
        plane = Plane()
        for shape in node.findall(DI + "BPMNShape"):
            element = shape.get("bpmnElement")
            kind = self.kind[element]
            if kind == "lane":
                plane.lanes[element] = _box(shape)
            elif kind == "subProcess" and shape.get("isExpanded") == "true":
                plane.frames[element] = _box(shape)
            elif kind != "participant":
                plane.shapes[element] = _box(shape)
            _label(plane, shape)
        for edge in node.findall(DI + "BPMNEdge"):
            points = [(float(p.get("x")), float(p.get("y"))) for p in edge.findall(WAY)]
            plane.edges[edge.get("bpmnElement")] = points
            _label(plane, edge)
        return plane

    def ends(self, edge: str) -> tuple[str, str]:
        return self.by_id[edge].get("sourceRef"), self.by_id[edge].get("targetRef")

    def host(self, element: str) -> str | None:
        return self.by_id[element].get("attachedToRef")


def _box(node: Any) -> Box:
    bounds = node.find(DC + "Bounds")
    x, y, w, h = (float(bounds.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, w, h


def _label(plane: Plane, node: Any) -> None:
    label = node.find(DI + "BPMNLabel")
    if label is not None:
        plane.labels[node.get("bpmnElement")] = _box(label)


def _translate(root: Any) -> None:
    """Give every element its English name, and every label the room those words need."""
    names = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith(BPMN):
            name = properties(element).get("name_en")
            if name and element.get("name"):
                names[element.get("id")] = name
                element.set("name", name)
    for note in root.iter(BPMN + "textAnnotation"):
        note.find(BPMN + "text").text = next(p.get("value") for p in note.iter(f"{SPIFF}property"))
    for shape in [*root.iter(DI + "BPMNShape"), *root.iter(DI + "BPMNEdge")]:
        label, name = shape.find(DI + "BPMNLabel"), names.get(shape.get("bpmnElement"))
        if label is not None and name:
            _resize(shape, label, _wrapped(name))


def _wrapped(name: str) -> list[str]:
    rows, line = [], ""
    for word in name.split(" "):
        if line and text_width(f"{line} {word}") > LABEL_WIDTH:
            rows, line = [*rows, line], word
        else:
            line = f"{line} {word}".strip()
    return [*rows, line]


def _resize(shape: Any, label: Any, rows: list[str]) -> None:
    """A label keeps the side it hangs on."""
    x, y, w, h = _box(label)
    width, height = 2 * round(max(map(text_width, rows)) / 2 + 2), 14 * len(rows)
    if shape.tag == DI + "BPMNShape":
        sx, sy, sw, sh = _box(shape)
        middle = x + (w - width) / 2
        left = x + w - width if x + w <= sx + sw / 2 else x if x >= sx + sw / 2 else middle
        above, below = y + h <= sy + 3, y >= sy + sh - 3
        top = y + h - height if above else y if below else y + (h - height) / 2
    else:
        point = shape.find(WAY)
        left = x if x >= float(point.get("x")) else x + w - width
        top = y + h - height if y + h <= float(point.get("y")) else y
    bounds = label.find(DC + "Bounds")
    for key, value in zip(("x", "y", "width", "height"), (left, top, width, height), strict=True):
        bounds.set(key, f"{value:g}")


# Findings --------------------------------------------------------------------------------------


def findings(source: bytes, language: str = "zh") -> list[str]:
    """Everything that makes the drawing hard to read, in words."""
    drawing = Drawing(source, language)
    found = [*_left_out(drawing)]
    for plane in drawing.planes:
        for look in (_shapes, _places, _labels, _names, _edges, _through, _crossings):
            found += look(drawing, plane)
    return found


def _left_out(d: Drawing) -> Iterator[str]:
    drawn = {e for p in d.planes for e in (*p.shapes, *p.frames, *p.lanes, *p.edges)}
    for element, kind in d.kind.items():
        if kind in DRAWN and element not in drawn:
            yield f"not drawn: {element}"
        node = d.by_id[element]
        if kind in NAMED and node.get("name") and not properties(node).get("name_en"):
            yield f"no English name: {element}"


def _shapes(d: Drawing, p: Plane) -> Iterator[str]:
    for a, b in combinations(p.shapes, 2):
        gap = 0 if d.host(a) or d.host(b) else 8
        if overlap(p.shapes[a], p.shapes[b], gap) and b != d.host(a) and a != d.host(b):
            yield f"shapes touch: {a} {b}"


def _places(d: Drawing, p: Plane) -> Iterator[str]:
    level = {y + h / 2 for _, y, _, h in p.frames.values()}  # what stands beside a frame
    for element, (x, y, w, h) in p.shapes.items():
        kind = d.kind[element]
        if kind == "textAnnotation":
            continue
        centre = y + h / 2
        if (x + w / 2) % 10 or (centre % 10 and kind != "boundaryEvent" and centre not in level):
            yield f"off the grid: {element}"
        for frame in p.frames.values():
            box = p.shapes[element]
            if overlap(box, frame) and not inside(box, frame) and kind != "boundaryEvent":
                yield f"cuts a frame: {element}"
    for lane, area in p.lanes.items():
        for ref in d.by_id[lane].findall(BPMN + "flowNodeRef"):
            box = p.shapes.get(ref.text) or p.frames.get(ref.text)
            if box and d.kind[ref.text] != "boundaryEvent" and not inside(box, area):
                yield f"outside its lane: {ref.text} {lane}"


def _labels(d: Drawing, p: Plane) -> Iterator[str]:
    for element, area in p.labels.items():
        if area[2] > 112:
            yield f"label too wide to stay on its lines: {element}"
        for other, box in p.shapes.items():
            if overlap(area, box):
                yield f"label on a shape: {element} on {other}"
        for other, points in p.edges.items():
            if any(cuts(segment, area) for segment in pairwise(points)):
                yield f"edge through a label: {other} through {element}"
        for lane, box in p.lanes.items():
            if overlap(area, box) and not inside(area, box):
                yield f"label across a lane: {element} {lane}"
    for a, b in combinations(p.labels, 2):
        if overlap(p.labels[a], p.labels[b]):
            yield f"labels touch: {a} {b}"


def _names(d: Drawing, p: Plane) -> Iterator[str]:
    for element, (_, _, width, _) in p.shapes.items():
        if d.kind[element] not in TASKS:
            continue
        most = 2 if d.kind[element] == "userTask" else 3  # a user task keeps a line for its chips
        node = d.by_id[element]
        for name in (node.get("name") or "", properties(node).get("name_en", "")):
            if lines_needed(name, width - 14) > most:
                yield f"name does not fit: {element} {name}"


def _edges(d: Drawing, p: Plane) -> Iterator[str]:
    for edge, points in p.edges.items():
        if d.kind[edge] == "association":
            continue
        if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(points)):
            yield f"not at right angles: {edge}"
        for point, end in zip((points[0], points[-1]), d.ends(edge), strict=True):
            box = p.shapes.get(end) or p.frames.get(end)
            if box and not on_border(point, box):
                yield f"does not end on its shape: {edge} {end}"


def _through(d: Drawing, p: Plane) -> Iterator[str]:
    for edge, points in p.edges.items():
        ends = d.ends(edge)
        for shape, box in p.shapes.items():
            own = shape in ends or (ends[0] in p.shapes and d.host(ends[0]) == shape)
            if own and d.kind[shape] == "boundaryEvent":
                continue
            if any(cuts(segment, box, -1 if own else 4) for segment in pairwise(points)):
                yield f"edge through a shape: {edge} through {shape}"
        for frame, box in p.frames.items():
            members = [end in p.shapes and inside(p.shapes[end], box) for end in ends]
            cut = any(cuts(segment, box, -20) for segment in pairwise(points))
            if cut and frame not in ends and not all(members):
                yield f"edge through a frame: {edge} through {frame}"


def _crossings(d: Drawing, p: Plane) -> Iterator[str]:
    for a, b in combinations(p.edges, 2):
        one, two = p.edges[a], p.edges[b]
        if d.ends(a)[0] == d.ends(b)[0] and one[0] == two[0]:
            one, two = unshared(one, two, backwards=False)
        elif d.ends(a)[1] == d.ends(b)[1] and one[-1] == two[-1]:
            one, two = unshared(one, two, backwards=True)
        if any(meet(s, t) for s in pairwise(one) for t in pairwise(two)):
            yield f"edges cross: {a} {b}"
