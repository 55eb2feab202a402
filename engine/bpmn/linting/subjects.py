"""What a rule may ask of files that are no diagrams: a decision, a form, all files together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import Table, test
from engine.bpmn.linting import tables
from engine.bpmn.linting.documents import Document, local
from engine.bpmn.linting.saying import Said
from engine.bpmn.linting.trials import Trials


class Decision:
    """One decision file, for rules of the subject `decision`."""

    def __init__(self, file: str, document: Document) -> None:
        self.file = file
        self.document = document
        self.root = document.root
        self.found = tables.decisions(document)
        self.xml = self.found[0] if self.found else None

    @cached_property
    def grids(self) -> list[Any]:
        """The decision tables of the first decision; a sound file has one."""
        return [] if self.xml is None else [n for n in self.xml if local(n) == "decisionTable"]

    @cached_property
    def table(self) -> Table | None:
        """The table, whatever state it is in; None without exactly one."""
        return tables.read_table(self.document) if len(self.grids) == 1 else None

    @property
    def grid(self) -> Any:
        """The element of the table."""
        return self.grids[0]

    def parts(self, name: str, of: Any = None) -> list[Any]:
        """The inputs, outputs, rules of the table, or the entries of a rule."""
        return [child for child in (self.grid if of is None else of) if local(child) == name]

    @cached_property
    def whole(self) -> Table | None:
        """The table if every row has a cell for every column; None if not."""
        table = self.table
        if table is None or not (table.inputs and table.outputs and table.rows):
            return None
        fits = all(
            len(row.tests) == len(table.inputs) and len(row.results) == len(table.outputs)
            for row in table.rows
        )
        return table if fits else None

    @cached_property
    def answerable(self) -> Table | None:
        """The table if its cells can all be read, so that it can be tried out."""
        table = self.whole
        if table is None:
            return None
        try:
            table.reads()
        except Refused:
            return None
        return table

    @cached_property
    def trials(self) -> Trials:
        """The table tried out. Only for one that is `answerable`."""
        assert self.answerable is not None
        return Trials(self.answerable)

    def cells(self) -> Iterator[tuple[Any, str, int]]:
        """Every cell that tests something: its element, its text, the number of its row."""
        table = self.whole
        for row, xml in zip(table.rows, self.parts("rule"), strict=True) if table else ():
            for cell, entry in zip(row.tests, self.parts("inputEntry", xml), strict=True):
                if cell is not None:
                    yield entry, cell, row.number

    def readable(self) -> Iterator[tuple[Any, Any, int]]:
        """Every cell that can be read: its element, what it reads, the number of its row."""
        for entry, cell, number in self.cells():
            try:
                yield entry, test(cell)[1], number
            except Refused:
                continue  # the rule `cell` says what is wrong with it

    @cached_property
    def expressions(self) -> list[Said]:
        """The expressions of inputs, results and defaults, with where they stand."""
        table = self.whole
        if table is None:
            return []
        found = [
            Said(xml, column.expression, f"the input {column.label}".strip())
            for column, xml in zip(table.inputs, self.parts("input"), strict=True)
        ]
        found += [
            Said(xml, source, f"{where}, {name}")
            for xml, source, where, name in self.results()
            if source.strip()
        ]
        return found

    def results(self) -> Iterator[tuple[Any, str, str, str]]:
        """What the table answers: element, expression, where it stands, the output's name."""
        table = self.whole
        if table is None:
            return
        for output, xml in zip(table.outputs, self.parts("output"), strict=True):
            if output.default is not None:
                yield xml, output.default, "the default", output.name
        for row, xml in zip(table.rows, self.parts("rule"), strict=True):
            entries = zip(table.outputs, row.results, self.parts("outputEntry", xml), strict=True)
            for output, result, entry in entries:
                yield entry, result, f"row {row.number}", output.name


@dataclass(frozen=True)
class Folder:
    """The files of one process together. decisions: file name and key of each table."""

    decisions: list[tuple[str, str]]


@dataclass(frozen=True)
class FormFile:
    """One form file, for rules of the subject `form`. schema: what it says, None if no JSON."""

    file: str
    key: str
    schema: Any
