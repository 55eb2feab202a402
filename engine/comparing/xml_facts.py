"""What a part of an XML file says, as flat facts: every attribute and text by a readable path."""

from collections import Counter
from typing import Any

from lxml import etree

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# What namespaces are called here, whatever prefix a file gives them.
_PREFIXES = {
    SPIFF: "spiffworkflow",
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://camunda.org/schema/modeler/1.0": "modeler",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
    "http://www.signavio.com": "signavio",
    "http://www.signavio.org": "signavio",
    "http://www.jboss.org/drools": "drools",
    "http://www.bonitasoft.org/ns/bpmn": "bonita",
    "http://www.bizagi.com/bpmn20": "bizagi",
    "http://bpmn.io/schema/bpmn/biocolor/1.0": "bioc",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0": "color",
    "http://bpmn.io/schema/dmn/biodi/2.0": "biodi",
}


def split(tag: Any) -> tuple[str, str]:
    """Namespace and local name of an element or attribute; two empty texts for a comment."""
    if not isinstance(tag, str):
        return "", ""
    name = etree.QName(tag)
    return name.namespace or "", name.localname


def called(tag: str, own: str) -> str:
    """A local name, with a prefix where it is not of the namespace `own`."""
    namespace, local = split(tag)
    if namespace in ("", own):
        return local
    return f"{_PREFIXES.get(namespace, namespace)}:{local}"


def text_of(node: Any) -> str:
    """The text of an element, without what is around it; line ends as LF."""
    return "\n".join((node.text or "").strip().splitlines())


def flat(node: Any, own: str, *, ids: bool = True) -> dict[str, str]:
    """Every attribute and text in `node` by its path below it, the node's own text under "".

    own: the namespace that needs no prefix. ids: whether ids are facts. Where elements of one
    name are beside each other, the second has [2], or the key or name that it gives itself.
    """
    found: dict[str, str] = {}
    for name, value in node.attrib.items():
        if split(name)[0] == XSI or (name == "id" and not ids):
            continue
        found[f"@{called(name, own)}"] = value
    if text := text_of(node):
        found[""] = text
    seen: Counter[str] = Counter()
    for child in node:
        if not isinstance(child.tag, str):
            continue
        step = called(child.tag, own)
        key = child.get("key") or child.get("name")
        step = f"{step}[{key}]" if key else step
        seen[step] += 1
        step = step if seen[step] == 1 else f"{step}[{seen[step]}]"
        inside = flat(child, own, ids=ids) or {"": ""}
        for path, value in inside.items():
            found[f"{step}/{path}".rstrip("/")] = value
    return found
