"""Files that are sent with a task's form: looked at, kept, and a finding written down."""

from collections.abc import Sequence
from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage, MultiDict

from engine.commands import evidence
from engine.commands.evidence import Kept, Refused
from engine.files import Files
from engine.queries.task_file import TaskFile
from engine.scanning import Scanner
from web import schema_form
from web.request import current_person, installation, transaction


def taken(
    seen: TaskFile, files: MultiDict[str, FileStorage], already: int
) -> dict[str, list[Kept]]:
    """What was sent for each field, in the store; no transaction is open meanwhile.

    already: how many files the form had before. Raises `Refused`.
    """
    settings = installation().settings
    sent: dict[str, Sequence[tuple[str, BinaryIO]]] = {
        name: [(one.filename or "", cast(BinaryIO, one.stream)) for one in several]
        for name, several in schema_form.uploads(seen.schema, files).items()
    }
    try:
        return evidence.keep(
            Files.at(settings.home),
            sent,
            already=already,
            scanner=Scanner.of(settings),
            phases=schema_form.phases(seen.schema),
        )
    except Refused as error:
        if error.findings:
            with transaction() as session:
                evidence.record_findings(
                    session, seen.file.case.id, error.findings, by=current_person()
                )
        raise
