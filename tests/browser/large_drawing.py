"""A diagram of many elements, for what the editor must do without a stall."""

_HEAD = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
)
_IN_A_ROW = 15
_ROLE = (
    "<bpmn:extensionElements><spiffworkflow:properties>"
    '<spiffworkflow:property name="roles" value="handler" />'
    "</spiffworkflow:properties></bpmn:extensionElements>"
)


def of(tasks: int) -> str:
    """A chain of so many user tasks from a start to an end, laid out in rows."""
    names = ["start", *(f"task_{n}" for n in range(tasks)), "end"]
    return (
        f'<bpmn:definitions {_HEAD} id="definitions" targetNamespace="urn:test">'
        f'<bpmn:process id="large" isExecutable="true">{_process(names)}</bpmn:process>'
        f'<bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="large">'
        f"{_shapes(names)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    )


def _process(names: list[str]) -> str:
    parts = []
    for at, name in enumerate(names):
        kind = {"start": "startEvent", "end": "endEvent"}.get(name, "userTask")
        inner = _ROLE if kind == "userTask" else ""
        if at:
            inner += f"<bpmn:incoming>flow_{at - 1}</bpmn:incoming>"
        if at < len(names) - 1:
            inner += f"<bpmn:outgoing>flow_{at}</bpmn:outgoing>"
            ends = f'sourceRef="{name}" targetRef="{names[at + 1]}"'
            parts.append(f'<bpmn:sequenceFlow id="flow_{at}" {ends}/>')
        parts.append(f'<bpmn:{kind} id="{name}" name="办理 {at}">{inner}</bpmn:{kind}>')
    return "".join(parts)


def _shapes(names: list[str]) -> str:
    parts = []
    for at, name in enumerate(names):
        x, y = _place(at)
        size = "36" if name in {"start", "end"} else "100"
        parts.append(
            f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}">'
            f'<dc:Bounds x="{x}" y="{y}" width="{size}" height="{min(int(size), 80)}"/>'
            "</bpmndi:BPMNShape>"
        )
        if at < len(names) - 1:
            onward = _place(at + 1)
            parts.append(
                f'<bpmndi:BPMNEdge id="flow_{at}_di" bpmnElement="flow_{at}">'
                f'<di:waypoint x="{x + 50}" y="{y + 30}"/>'
                f'<di:waypoint x="{onward[0] + 50}" y="{onward[1] + 30}"/></bpmndi:BPMNEdge>'
            )
    return "".join(parts)


def _place(at: int) -> tuple[int, int]:
    return 100 + (at % _IN_A_ROW) * 160, 100 + (at // _IN_A_ROW) * 140
