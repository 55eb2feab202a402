"""What people read and cannot read in the other language, found in the sources.

Each walker takes a folder and gives one line a finding, "file: text"; nothing where all is whole.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from jinja2 import Environment, nodes
from lxml import etree

HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
LETTERS = re.compile(r"[A-Za-z]{2,}")
# Names, keys of a keyboard and file kinds are the same in both languages.
SAME = re.compile(
    r"""[\w-]+="[^"]*"|中文|\b(?:English|BPMN|PDF|Word|KB|Esc|Ctrl|Alt|Enter|Space|huiyin|GL)\b"""
)
CALLS = {"_", "gettext", "lazy_gettext", "ngettext"}
SPOKEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "label"}

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def in_templates(folder: Path) -> Iterator[str]:
    """Words that stand in a template without `_()`: Chinese or English, in text or attributes."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(folder.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        for text in (*_outside_expressions(environment, source), *_bare(environment, source)):
            yield f"{path.relative_to(folder)}: {text}"


def in_python(folder: Path) -> Iterator[str]:
    """Chinese in Python that is neither a msgid nor beside its English, docstrings apart."""
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for text in _alone(tree):
            yield f"{path.relative_to(folder)}: {text}"


def in_scripts(folder: Path) -> Iterator[str]:
    """Chinese in scripts: what they say, the page tells them in its language."""
    for path in sorted(folder.rglob("*.js")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if HAN.search(line):
                yield f"{path.relative_to(folder)}: {line.strip()[:80]}"


def in_documents(folder: Path) -> Iterator[str]:
    """Packs, forms and organisations: a text of one language without the other."""
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".tests.json"):
            continue
        for text in _one_sided(json.loads(path.read_text(encoding="utf-8"))):
            yield f"{path.relative_to(folder)}: {text}"


def in_diagrams(folder: Path) -> Iterator[str]:
    """Names in diagrams without `name_en`, public names without English, English with Chinese."""
    for path in sorted(folder.rglob("*.bpmn")):
        for element in etree.parse(path).getroot().iter(f"{BPMN}*"):
            said = _properties(element)
            texts = element.get("name") or element.findtext(f"{BPMN}text") or ""
            pairs = [(texts, said.get("name_en"))] if HAN.search(texts) else []
            if "public_name" in said:
                pairs.append((said["public_name"], said.get("public_name_en")))
            for chinese, english in pairs:
                if not english or HAN.search(english):
                    yield f"{path.relative_to(folder)}: {element.get('id')} {chinese}"


def in_decisions(folder: Path) -> Iterator[str]:
    """Columns and rows of decision tables without an English description."""
    for path in sorted(folder.rglob("*.dmn")):
        for element in etree.parse(path).getroot().iter(f"{DMN}*"):
            told = element.findtext(f"{DMN}description") or ""
            kind = etree.QName(element).localname
            chinese, bar, english = told.partition(" | ")
            if kind == "rule":
                if told and (not bar or not HAN.search(chinese) or HAN.search(english)):
                    yield f"{path.relative_to(folder)}: {element.get('id')} {told}"
            elif kind in {"decision", "input", "output"} and (not told or HAN.search(told)):
                yield f"{path.relative_to(folder)}: {element.get('id')} {element.get('label')}"


def in_papers(folder: Path) -> Iterator[str]:
    """Labels that stand fixed in a paper: they come with the paper's context, in its language."""
    for path in sorted(folder.rglob("*.docx")):
        with ZipFile(path) as file:
            root = etree.fromstring(file.read("word/document.xml"))
        for paragraph in root.iter(f"{WORD}p"):
            text = "".join(t.text or "" for t in paragraph.iter(f"{WORD}t"))
            fixed = re.sub(r"\{[{%#].*?[}%#]\}", "", text)
            if HAN.search(fixed):
                yield f"{path.relative_to(folder)}: {fixed.strip()}"


def _outside_expressions(environment: Environment, source: str) -> Iterator[str]:
    """What the template says itself, between its expressions."""
    literal = "".join(value for _, kind, value in environment.lex(source) if kind == "data")
    reader = _Reader()
    reader.feed(literal)
    reader.close()
    for text in reader.said:
        if re.search(f"{HAN.pattern}|{LETTERS.pattern}", SAME.sub("", text)):
            yield " ".join(text.split())


class _Reader(HTMLParser):
    """Collects the texts and the spoken attributes of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "code"}
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "code"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _bare(environment: Environment, source: str) -> Iterator[str]:
    """Chinese in an expression of the template that no `_()` holds."""

    def walk(node: nodes.Node) -> Iterator[str]:
        if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in CALLS:
            for keyword in node.kwargs:
                yield from walk(keyword)
            return
        text = node.value if isinstance(node, nodes.Const) else None
        if isinstance(text, str) and HAN.search(SAME.sub("", text)):
            yield text
        for child in node.iter_child_nodes():
            yield from walk(child)

    yield from walk(environment.parse(source))


def _alone(tree: ast.AST) -> Iterator[str]:
    """String constants with Chinese that nothing translates."""

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Call) and (_called(node) in CALLS or _adds_to_chinese(node)):
            return
        if isinstance(node, ast.Dict):
            keys = [k.value if isinstance(k, ast.Constant) else None for k in node.keys]
            if "zh" in keys and "en" in keys:
                english = node.values[keys.index("en")]
                yield from (text for text in _constants(english) if HAN.search(text))
                return
        if isinstance(node, ast.Call) and {"zh", "en"} <= {
            (word.arg or "").rpartition("_")[2] for word in node.keywords
        }:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if HAN.search(node.value):
                yield node.value
            return
        children = list(ast.iter_child_nodes(node))
        for place, child in enumerate(children):
            beside = children[place + 1 : place + 2]
            if not (beside and _is_pair(child, beside[0])):
                yield from walk(child)

    yield from walk(tree)


def _is_pair(one: ast.AST, other: ast.AST) -> bool:
    """Whether they are a Chinese text and the English that follows it."""
    literal = (ast.Constant, ast.JoinedStr, ast.IfExp, ast.BinOp)
    if isinstance(other, ast.Attribute) and other.attr == "message":
        return isinstance(one, literal)  # of an error, which speaks English
    if not (isinstance(one, literal) and isinstance(other, literal)):
        return False
    chinese, english = "".join(_constants(one)), "".join(_constants(other))
    return bool(HAN.search(chinese) and LETTERS.search(english) and not HAN.search(english))


def _adds_to_chinese(node: ast.Call) -> bool:
    """Whether it is `told["zh"].append(…)`."""
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(of, ast.Subscript) and _constants(of.slice) == ["zh"]


def _constants(node: ast.AST) -> list[str]:
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _one_sided(node: Any) -> Iterator[str]:
    """Texts of a document without the other language; a form's `title` repeats its `x-title`.

    `words` are looked for in Chinese texts, and shown to nobody as ours.
    """
    if isinstance(node, Mapping):
        if "zh" in node or "en" in node:
            chinese, english = str(node.get("zh", "")), str(node.get("en", ""))
            whole = chinese.strip() and english.strip() and not HAN.search(english)
            if not whole or (LETTERS.search(english) and not _is_chinese(chinese)):
                yield chinese or english
        for key, value in node.items():
            repeated = key == "title" and "x-title" in node
            if key not in {"zh", "en", "words"} and not repeated:
                yield from _one_sided(value)
    elif isinstance(node, list):
        for value in node:
            yield from _one_sided(value)
    elif isinstance(node, str) and HAN.search(node):
        yield node


def _is_chinese(text: str) -> bool:
    """Numbers of telephones and the like are said alike."""
    return bool(HAN.search(text) or not LETTERS.search(text))


def _properties(element: Any) -> dict[str, str]:
    path = f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property"
    return {p.get("name"): p.get("value") or "" for p in element.findall(path)}
