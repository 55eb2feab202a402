"""What a rule says about a diagram."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file.

    element, name: BPMN or DMN id and drawn name, empty for the file itself; line: of the file, or
    None; message: what is wrong and a way out.
    """

    file: str
    element: str
    name: str
    line: int | None
    rule: str
    severity: Severity
    message: str

    def as_dict(self) -> dict[str, Any]:
        """For `lint --format json` and the API."""
        return asdict(self)
