"""What every kind of file gives: records, one after the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.importing.reasons import Reason


@dataclass(frozen=True)
class Row:
    """One record.

    line: where it begins in the file; cells: as they stand, in the file's order; flaws: position
    -> why that cell cannot be read; fault: why the whole record cannot.
    """

    line: int
    cells: list[str] = field(default_factory=list)
    flaws: Mapping[int, Reason] = field(default_factory=dict)
    fault: Reason | None = None


@dataclass
class Records:
    """An open file's records.

    at: how much has been read, of `size`, in `unit`; expect: takes how many cells a record has,
    once that is known.
    """

    rows: Iterator[Row]
    size: int
    at: Callable[[], int]
    close: Callable[[], None]
    expect: Callable[[int], None]
    unit: str = "B"
    sheet: str = ""
