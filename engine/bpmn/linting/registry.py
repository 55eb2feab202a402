"""The rules there are: each a small function, registered with what it is for and its way out.

    @rule("dead-end", zh="…", en="…")
    def dead_end(context: Context) -> Iterator[Found]:
        for node in context.nodes():
            if ...:
                yield Found(node.xml, "what is wrong; what to do")

A rule looks at one subject and yields what it finds there: a diagram (`Context`), a decision
(`Decision`), a form (`FormFile`), all files of a process together (`Folder`), or a file that could
not be read (`Unreadable`). Its examples lie in `examples/<id>/`, one bad and one good.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from engine.bpmn.linting.faults import Severity

Subject = Literal["diagram", "decision", "both", "form", "folder", "file"]


class Found(NamedTuple):
    """What a rule found.

    node: the element of the file, None for the file itself; message: what is wrong and a way out;
    severity: another than the rule's own; line, file: where, if not at an element of the file
    looked at.
    """

    node: Any
    message: str
    severity: Severity | None = None
    line: int | None = None
    file: str = ""


Find = Callable[[Any], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. zh, en: why it matters and the way out; find: what looks for it."""

    id: str
    severity: Severity
    subject: Subject
    zh: str
    en: str
    find: Find

    def looks_at(self, subject: Subject) -> bool:
        """Whether the rule is for files of this subject."""
        both = self.subject == "both" and subject in ("diagram", "decision")
        return both or self.subject == subject


RULES: dict[str, Rule] = {}


def rule(
    key: str,
    severity: Severity = "error",
    *,
    zh: str,
    en: str,
    subject: Subject = "diagram",
) -> Callable[[Find], Find]:
    """Register a function as the rule `key`. Raises `ValueError` if there is one already."""

    def register(find: Find) -> Find:
        if key in RULES:
            raise ValueError(f"the rule {key} is registered twice")
        RULES[key] = Rule(key, severity, subject, zh, en, find)
        return find

    return register
