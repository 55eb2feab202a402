"""The drawing of a diagram: which elements have a shape or an edge, and where shapes lie."""

from typing import Any, NamedTuple

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"


class Box(NamedTuple):
    """Where a shape lies. plane: the drawing it is on."""

    plane: int
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether two shapes share some room."""
        return (
            self.plane == other.plane
            and self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Drawing:
    """The shapes and edges of a file, each with the id it stands for."""

    def __init__(self, root: Any) -> None:
        self.shapes: list[tuple[Any, str]] = []
        self.edges: list[tuple[Any, str]] = []
        self.boxes: dict[str, Box] = {}
        for plane, page in enumerate(root.iter(f"{{{_DI}}}BPMNPlane")):
            for shape in page.iterchildren(f"{{{_DI}}}BPMNShape"):
                key = shape.get("bpmnElement") or ""
                self.shapes.append((shape, key))
                box = _box(shape, plane)
                if box is not None:
                    self.boxes[key] = box
            for edge in page.iterchildren(f"{{{_DI}}}BPMNEdge"):
                self.edges.append((edge, edge.get("bpmnElement") or ""))
        self.drawn = {key for _, key in (*self.shapes, *self.edges)}

    @property
    def there(self) -> bool:
        """Whether anything is drawn at all."""
        return bool(self.shapes)


def _box(shape: Any, plane: int) -> Box | None:
    bounds = shape.find(f"{{{_DC}}}Bounds")
    if bounds is None:
        return None
    try:
        x, y, width, height = (float(bounds.get(k)) for k in ("x", "y", "width", "height"))
    except (TypeError, ValueError):
        return None
    return Box(plane, x, y, x + width, y + height)
