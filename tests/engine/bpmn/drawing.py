"""Draws small diagrams in code: each function gives XML, `process` puts it together."""

from itertools import pairwise

from engine.bpmn.parser import parse
from engine.bpmn.specification import Specification
from engine.bpmn.values import Facts
from engine.facts import defaults

HEAD = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
)


# What the linter warns of in every diagram drawn here: there is no drawing, and no task's limit.
SKETCHED = {"no-drawing", "user-limit"}


def process(*parts: str, extra: str = "", key: str = "p", attributes: str = "") -> bytes:
    return (
        f'<bpmn:definitions {HEAD} id="definitions" targetNamespace="urn:test">{extra}'
        f'<bpmn:process id="{key}" isExecutable="true" {attributes}>{"".join(parts)}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def specification(
    *parts: str, extra: str = "", decisions: dict[str, bytes] | None = None
) -> Specification:
    return parse("p", process(*parts, extra=extra), decisions or {})


def facts(due=(), **case) -> Facts:
    return Facts({**defaults(), **case}, frozenset(due))


def node(tag: str, key: str, inner: str = "", **attributes: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<bpmn:{tag} id="{key}"{given}>{inner}</bpmn:{tag}>'


def extensions(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def properties(**values: str) -> str:
    items = "".join(
        f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items()
    )
    return extensions(f"<spiffworkflow:properties>{items}</spiffworkflow:properties>")


def start(key: str = "s") -> str:
    return node("startEvent", key)


def end(key: str = "e", inner: str = "", **values: str) -> str:
    return node("endEvent", key, (properties(**values) if values else "") + inner)


def user(key: str, inner: str = "", **values: str) -> str:
    return node("userTask", key, properties(**{"form": key, "roles": "clerk", **values}) + inner)


def script(key: str, source: str) -> str:
    return node("scriptTask", key, f"<bpmn:script>{source}</bpmn:script>")


def service(key: str, operation: str, **parameters: str) -> str:
    given = "".join(
        f"<spiffworkflow:parameter id='{name}' type='any' value='{value}'/>"
        for name, value in parameters.items()
    )
    return node(
        "serviceTask",
        key,
        extensions(
            f'<spiffworkflow:serviceTaskOperator id="{operation}"><spiffworkflow:parameters>'
            f"{given}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
        ),
    )


def rule(key: str, decision: str) -> str:
    called = f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
    return node("businessRuleTask", key, extensions(called))


def sub(key: str, *parts: str, **values: str) -> str:
    return node("subProcess", key, (properties(**values) if values else "") + "".join(parts))


def choice(key: str, default: str = "", kind: str = "exclusive") -> str:
    given = {"default": default} if default else {}
    return node(f"{kind}Gateway", key, **given)


def parallel(key: str) -> str:
    return node("parallelGateway", key)


def events(key: str) -> str:
    return node("eventBasedGateway", key)


def flow(source: str, target: str, condition: str | None = None, key: str = "") -> str:
    written = (
        ""
        if condition is None
        else f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}'
        "</bpmn:conditionExpression>"
    )
    key = key or f"{source}__{target}"
    return (
        f'<bpmn:sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{written}'
        "</bpmn:sequenceFlow>"
    )


def chain(*keys: str) -> str:
    return "".join(flow(a, b) for a, b in pairwise(keys))


def timer(text: str, part: str = "timeDuration") -> str:
    return (
        f"<bpmn:timerEventDefinition><bpmn:{part}>{text}</bpmn:{part}></bpmn:timerEventDefinition>"
    )


def message(key: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{key}"/>'


def messages(*keys: str) -> str:
    return "".join(f'<bpmn:message id="{key}" name="{key}"/>' for key in keys)


def escalation(key: str) -> str:
    return f'<bpmn:escalationEventDefinition escalationRef="{key}"/>'


def escalations(*keys: str) -> str:
    return "".join(f'<bpmn:escalation id="{k}" name="{k}" escalationCode="{k}"/>' for k in keys)


def error(key: str) -> str:
    return f'<bpmn:errorEventDefinition errorRef="{key}"/>'


def errors(*keys: str) -> str:
    return "".join(f'<bpmn:error id="{key}" name="{key}" errorCode="{key}"/>' for key in keys)


def boundary(key: str, host: str, inner: str, interrupting: bool = True) -> str:
    return node(
        "boundaryEvent", key, inner, attachedToRef=host, cancelActivity=str(interrupting).lower()
    )


def catch(key: str, inner: str) -> str:
    return node("intermediateCatchEvent", key, inner)


def throw(key: str, inner: str) -> str:
    return node("intermediateThrowEvent", key, inner)


def multi(items: str, item: str, results: str, result: str, sequential: bool = False) -> str:
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"<bpmn:loopDataInputRef>{items}</bpmn:loopDataInputRef>"
        f"<bpmn:loopDataOutputRef>{results}</bpmn:loopDataOutputRef>"
        f'<bpmn:inputDataItem id="{item}"/><bpmn:outputDataItem id="{result}"/>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def table(
    key: str,
    inputs: list[str],
    outputs: list[str],
    *rows: list[str],
    policy: str = "FIRST",
    default: str | None = None,
) -> bytes:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    ins = "".join(
        f'<input id="i{n}"><inputExpression id="x{n}"><text>{escaped(i)}</text></inputExpression>'
        "</input>"
        for n, i in enumerate(inputs)
    )
    instead = (
        ""
        if default is None
        else f"<defaultOutputEntry><text>{escaped(default)}</text></defaultOutputEntry>"
    )
    outs = "".join(
        f'<output id="o{n}" name="{o}">{instead}</output>' for n, o in enumerate(outputs)
    )
    rules = ""
    for number, row in enumerate(rows):
        cells = "".join(
            f"<{'inputEntry' if n < len(inputs) else 'outputEntry'} id='r{number}c{n}'>"
            f"<text>{escaped(cell)}</text></{'inputEntry' if n < len(inputs) else 'outputEntry'}>"
            for n, cell in enumerate(row)
        )
        rules += f'<rule id="r{number}">{cells}</rule>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
        f'namespace="urn:test"><decision id="{key}" name="{key}"><decisionTable id="t" '
        f'hitPolicy="{policy}">{ins}{outs}{rules}</decisionTable></decision></definitions>'
    ).encode()
