"""Rules of the drawing: everything is drawn, once, and nothing on top of something else.

A drawing decides nothing but is what people read; faults of it are warnings.
"""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule

MOST = 20  # of a kind, so that a drawing all wrong does not hide other faults


@rule(
    "no-drawing",
    "warning",
    zh="文件里没有图形，办理人看不到进度图，编辑器也打不开。用编辑器摆好图元再保存。",
    en="The file holds no drawing, so nobody sees where a case stands, and editors show "
    "nothing. Lay the elements out in an editor and save.",
)
def no_drawing(context: Context) -> Iterator[Found]:
    """The file holds a drawing."""
    if context.process is not None and not context.drawing.there:
        yield Found(
            context.process, "the file holds no drawing; lay it out in an editor and save it"
        )


@rule(
    "shape-missing",
    "warning",
    zh="没画出来的图元照样会运行，看图的人却不知道有它。在图上补画，或者从文件里删掉。",
    en="What is not drawn is carried out all the same, and whoever looks at the drawing does "
    "not know. Draw it, or remove it.",
)
def shape_missing(context: Context) -> Iterator[Found]:
    """Every element and flow is drawn."""
    drawing = context.drawing
    if not drawing.there:
        return
    found = 0
    for scope in context.scopes:
        flows = [(flow.xml, "flow") for flow in (*scope.flows, *scope.loose)]
        for xml, what in [*((n.xml, "element") for n in scope.nodes.values()), *flows]:
            if xml.get("id") not in drawing.drawn and found < MOST:
                found += 1
                yield Found(xml, f"this {what} is not drawn; draw it, or remove it")


@rule(
    "shape-stray",
    "warning",
    zh="图形对应的图元不在了，点它什么也没有。在编辑器里删掉这个图形。",
    en="The shape stands for an element that is no longer there. Remove it in an editor.",
)
def shape_stray(context: Context) -> Iterator[Found]:
    """Every shape stands for an element."""
    drawing = context.drawing
    there = {node.get("id") for node in context.root.iter() if isinstance(node.tag, str)}
    for shape, key in [*drawing.shapes, *drawing.edges][: 10 * MOST]:
        if key not in there:
            yield Found(
                shape, f"the shape stands for {key[:60] or 'nothing'}, which is not there; "
                "remove it"
            )  # fmt: skip


@rule(
    "shape-overlap",
    "warning",
    zh="叠在一起的图元看不清，底下的会被漏看。把它们拉开。",
    en="Of elements on top of each other the lower one is missed. Draw them apart.",
)
def shape_overlap(context: Context) -> Iterator[Found]:
    """No two elements of one level lie on each other."""
    boxes = context.drawing.boxes
    found = 0
    for scope in context.small:
        drawn = [
            (boxes[node.id], node)
            for node in scope.nodes.values()
            if node.id in boxes and node.kind != "boundaryEvent"
        ]
        drawn.sort(key=lambda one: one[0].left)
        for number, (box, node) in enumerate(drawn):
            for other, second in drawn[number + 1 :]:
                if other.left >= box.right or found >= MOST:
                    break
                if box.overlaps(other):
                    found += 1
                    yield Found(
                        second.xml,
                        f"this is drawn on top of {node.id[:60]}; draw them apart",
                    )
