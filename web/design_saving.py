"""A file of a draft changed by a page of plain forms, as `js` does it by its own address."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands import design_drafts
from engine.commands.design_drafts import Window
from engine.commands.design_tables import Line
from engine.errors import InvalidInput, NotFound
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from engine.queries.design_drafts import File, Opened
from web import i18n
from web.request import current_person, once, reading

LARGEST_REVISION = 1 << 31
Change = Callable[[Opened, bytes], bytes]


def opened(draft_id: UUID, session: Session | None = None) -> Opened:
    """The draft of a process. Raises `NotFound`."""
    if session is None:
        with reading() as made:
            return opened(draft_id, made)
    found = read_drafts.opened(session, current_person(), draft_id)
    if found.line.kind is not DesignKind.PROCESS:
        raise NotFound("No draft of a process.")
    return found


def file_of(draft: Opened, path: str) -> File:
    """A file of it. Raises `NotFound`."""
    file = draft.files.get(path)
    if file is None:
        raise NotFound("No such file in this draft.")
    return file


def changed(
    draft_id: UUID, path: str, change: Change, endpoint: str, **named: Any
) -> ResponseReturnValue:
    """Write what `change` makes of the file as it is now, then show the page `endpoint`.

    The page knew the file at the posted revision. If it is another now, what was made of it
    lies in a draft beside the first, and that one is shown.
    """
    known = revision()

    def work(session: Session) -> str:
        draft = opened(draft_id, session)
        file = draft.files.get(path)
        content = change(draft, file.content if file else b"")
        saved = design_drafts.save(
            session, draft_id, path, content, Window(known, "", 0), by=current_person()
        )
        return url_for(endpoint, draft_id=saved.draft_id, **named)

    return once(work)


def revision() -> int:
    """The revision of the file that the page was made of, 0 for one that was not there."""
    told = request.form.get("revision", "0")
    if not told.isdecimal() or len(told) > 10 or int(told) >= LARGEST_REVISION:
        raise InvalidInput("revision", "a whole number from 0", told[:20])
    return int(told)


def posted(name: str, longest: int = 2000) -> str:
    """A text of the form, without white space around it. Raises `InvalidInput`."""
    text = request.form.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()
    if len(text) > longest:
        raise InvalidInput(name, f"at most {longest} characters")
    return text


def told(faults: Sequence[Line]) -> list[tuple[str, str]]:
    """Faults of a file as (state of a tag, sentence), in the page's language, each once."""
    lines = [
        ("late" if one.severity == "error" else "soon", i18n.pick({"zh": one.zh, "en": one.en}))
        for one in faults
    ]
    return list(dict.fromkeys(lines))
