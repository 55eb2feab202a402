"""What an XML file says, whatever its prefixes and white space between elements: for comparing."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

_NUMBERS = frozenset({"x", "y", "width", "height", "size"})
# What BPMN's schema means where an attribute is not written, so that writing it says nothing.
_MEANT = {
    "completionQuantity": "1",
    "expressionLanguage": "http://www.w3.org/1999/XPath",
    "isCollection": "false",
    "isForCompensation": "false",
    "isInterrupting": "true",
    "isSequential": "false",
    "minimum": "0",
    "mustUnderstand": "false",
    "parallelMultiple": "false",
    "startQuantity": "1",
    "textFormat": "text/plain",
    "typeLanguage": "http://www.w3.org/2001/XMLSchema",
    "waitForCompletion": "true",
}
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def said(content: str) -> Counter[str]:
    """Every element by its path, with its attributes and its own text, and how often."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, strip_cdata=True)
    root = etree.fromstring(content.encode(), parser)
    return Counter(_of(root, ""))


def lost(before: str, after: str) -> list[str]:
    """What was in one file and is not in the other."""
    return sorted((said(before) - said(after)).elements())


def _of(node: etree._Element, path: str) -> Iterator[str]:
    name = f"{path}/{_name(node.tag)}{_identity(node)}"
    yield name
    for key, value in node.attrib.items():
        if _MEANT.get(str(key)) == value:
            continue
        yield f"{name} @{_name(key)}={_value(node, str(key), str(value))}"
    text = "".join([node.text or "", *(one.tail or "" for one in node)])
    if text.strip():
        yield f"{name} : {text.strip()}"
    for child in node:
        yield from _of(child, name)


def _name(tag: object) -> str:
    """A name with its namespace."""
    return str(tag)


def _identity(node: etree._Element) -> str:
    key = node.get("id")
    return f"#{key}" if key else ""


def _value(node: etree._Element, key: str, value: str) -> str:
    """A value as it is meant: a number is one however it is written, a prefix is its namespace."""
    if key in _NUMBERS:
        return repr(float(value))
    if key == _XSI_TYPE:
        prefix, _, name = value.rpartition(":")
        return f"{{{node.nsmap.get(prefix or None, '')}}}{name}"
    return value
