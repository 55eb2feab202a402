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


def late_co_units(case: Case) -> list[str]:
    """The co-handlers whose part is not in, in the order they were named."""
    asked, done = case["co_units"], case["co_done"]
    assert isinstance(asked, list)
    assert isinstance(done, list)
    return [unit for unit in asked if unit not in done]


def _slip_issued(case: Case, _params: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """A certain unit becomes the responsible one; the first of all stays known as such."""
    unit = case["precedent_unit"] if case["unit_certain"] else case["unit"]
    named = case["co_units"]
    assert isinstance(named, list)
    # Nobody is host and co-handler at once.
    others = [one for one in named if one != unit]
    return {"unit": unit, "first_unit": case["first_unit"] or unit, "co_units": others}


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
        Operation(
            "supervision/start_late",
            {"cause": str},
            lambda case, _: {
                "open_supervisions": _count(case, "open_supervisions", len(late_co_units(case)))
            },
        ),
        Operation("slip/issue", changes=_slip_issued),
        Operation("matter/join"),
        Operation("ledger/extend", {"limit": str, "days": int}),
        Operation("notice/send", {"kind": str}),
        Operation("case/archive", changes=lambda _case, _: {"archived": True}),
        Operation("case/archive_sealed", changes=lambda _case, _: {"archived": True}),
        Operation("case/seal", changes=lambda _case, _: {"confidential": True}),
        Operation("case/route"),
    )
}
