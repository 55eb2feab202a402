"""Operations a service task may ask for: what they take and which facts they change at once.

The effect itself is the host's: rows in the same transaction, anything outside after the commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.facts import FactValue

Case = Mapping[str, FactValue]
Changes = Callable[[Case, Mapping[str, FactValue]], dict[str, FactValue]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    parameters: name -> type, all required; changes: facts the same run must already see changed.
    """

    name: str
    parameters: Mapping[str, type] = field(default_factory=dict)
    changes: Changes = lambda _case, _params: {}


def _count(case: Case, fact: str, step: int) -> int:
    value = case[fact]
    return max(0, (value if isinstance(value, int) else 0) + step)


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            "supervision/start",
            {"cause": str, "target": str},
            lambda case, _: {"open_supervisions": _count(case, "open_supervisions", 1)},
        ),
        Operation(
            "supervision/close",
            changes=lambda case, _: {"open_supervisions": _count(case, "open_supervisions", -1)},
        ),
        Operation("slip/issue"),
        Operation("matter/join"),
        Operation("ledger/extend", {"limit": str, "days": int}),
        Operation("notice/send", {"kind": str}),
        Operation("case/archive", changes=lambda _case, _: {"archived": True}),
        Operation("case/archive_sealed", changes=lambda _case, _: {"archived": True}),
        Operation("case/seal", changes=lambda _case, _: {"confidential": True}),
    )
}
