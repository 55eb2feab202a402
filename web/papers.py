"""Giving out a paper: read its facts, close, make the files, keep them; never inside one another.

An issued paper is made the first time somebody has it, in all its media, and is that same file
from then on. What is not issued is made anew each time and says that it is a draft.
"""

import io
from dataclasses import dataclass
from uuid import UUID

from flask import Response, send_file

from engine import clock
from engine.commands import identities
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.files import Files
from engine.papers import finding, keeping, reading, templates
from engine.papers.filling import Unfit
from engine.papers.finding import Found
from engine.papers.keeping import Made, Medium
from engine.papers.kinds import NAMES, Kind, Sheet
from engine.permissions import Actor
from engine.queries import case_file
from engine.queries.case_file import File
from web.request import current_person, installation, transaction
from web.request import reading as reading_session


@dataclass(frozen=True)
class Given:
    """A file of a paper."""

    content: bytes
    name: str
    media_type: str


@dataclass(frozen=True)
class Asked:
    """One paper of one case, in one medium, with whether it bears the citizen's name."""

    file: File
    found: Found
    medium: Medium
    named: bool


def given(number: str, kind: Kind, of: str, medium: Medium) -> Given:
    """A paper of a case. of: its subject, empty for the newest.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` if the office's template cannot be filled.
    """
    actor = current_person()
    with reading_session() as session:
        file = case_file.opened(session, number, actor)
        found = finding.pick(finding.of_case(session, file), kind, _key(of))
        named = finding.names_somebody(session, file, kind)
    asked = Asked(file, found, medium, named and found.issued)
    if not found.issued:
        return _draft(asked)
    name = _name(asked, actor)
    if medium.key not in found.media:
        found = _issue(asked, name, actor)
    content = files().path(found.media[medium.key]).read_bytes()
    return Given(content, file_name(found, medium), medium.media_type)


def files() -> Files:
    """The store of this installation."""
    return Files.at(installation().settings.home)


def file_name(found: Found, medium: Medium) -> str:
    """What the file is called when it is saved."""
    return f"{found.number} {NAMES[found.kind]['zh']}.{medium.ending}".replace("/", "-")


def sent(given_file: Given) -> Response:
    """The file, always to be saved and never opened in place."""
    answer = send_file(
        io.BytesIO(given_file.content),
        mimetype=given_file.media_type,
        as_attachment=True,
        download_name=given_file.name,
        etag=False,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def drafted(paper: Sheet, medium: Medium, template: bytes = b"") -> Given:
    """A paper that is not issued, as a file."""
    return Given(
        _made(paper, medium, template),
        f"{NAMES[paper.kind]['zh']}-草稿.{medium.ending}",
        medium.media_type,
    )


def _draft(asked: Asked) -> Given:
    base = installation().settings.public_url
    with reading_session() as session:
        paper = reading.paper(session, asked.file, asked.found, clock.now(), base, "")
        template = templates.current(session, asked.found.kind)
    return drafted(paper, asked.medium, template)


def _name(asked: Asked, actor: Actor) -> str:
    """Who the letter is to; who has it looks at an identity, which is written down."""
    if not asked.named:
        return ""
    if not asked.file.knows_person:
        raise NotAllowed("The letter names the person, who is known to others only.")
    purpose = f"出具{NAMES[asked.found.kind]['zh']} {asked.found.number}"
    with transaction() as session:
        shown = identities.show(
            session, installation().vault, asked.file.case.number, purpose, by=actor
        )
    return next((one.name for one in shown if one.name), "")


def _issue(asked: Asked, name: str, actor: Actor) -> Found:
    file, found, base = asked.file, asked.found, installation().settings.public_url
    with reading_session() as session:
        paper = reading.paper(session, file, found, clock.now(), base, name)
        template = templates.current(session, found.kind)
    stored = stored_all(paper, template)
    try:
        with transaction() as session:
            keeping.keep(session, file.case.id, found.kind, found.subject, paper, stored, by=actor)
    except Conflict:
        pass  # somebody had it at the same moment: theirs is the paper
    with reading_session() as session:
        return finding.pick(finding.of_case(session, file), found.kind, found.subject)


def stored_all(paper: Sheet, template: bytes) -> list[Made]:
    """The paper in every medium, in the store. Raises as `given`."""
    try:
        return keeping.store(files(), paper, template)
    except Unfit as error:
        raise InvalidAnswers({"template": error.faults[0]}) from error


def _made(paper: Sheet, medium: Medium, template: bytes) -> bytes:
    try:
        return keeping.made(paper, medium, template)
    except Unfit as error:
        raise InvalidAnswers({"template": error.faults[0]}) from error


def _key(of: str) -> UUID | None:
    try:
        return UUID(of) if of else None
    except ValueError:
        raise NotFound("The case has no such paper.") from None
