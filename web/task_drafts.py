"""A task's form as a draft: what of a posted form is kept, and what a draft puts into the form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engine import clock
from engine.commands.drafts import Window
from engine.db import new_key
from engine.queries import drafts
from engine.queries.task_file import TaskFile
from web import i18n, kept_files, schema_form
from web.request import installation, request_token

KEPT = "kept"
_LONGEST_TAB = 40
_TURN = re.compile(r"\d{1,9}")
_NO_FILES = ".new"


def fields_of(posted: MultiDict[str, str]) -> dict[str, list[str]]:
    """What of a posted form belongs into a draft: the answers, and the files that are kept."""
    return {
        name: texts
        for name, texts in posted.lists()
        if name == KEPT or (name.startswith(schema_form.PREFIX) and not name.endswith(_NO_FILES))
    }


def window_of(posted: MultiDict[str, str]) -> Window:
    """Which window posted it. A form without these marks begins a draft of its own."""
    try:
        draft_id = UUID(posted.get("draft", ""))
    except ValueError:
        draft_id = new_key()
    turn, revision = posted.get("draft_turn", ""), posted.get("draft_revision", "")
    return Window(
        draft_id,
        int(revision) if _TURN.fullmatch(revision) else 0,
        (posted.get("request_token") or request_token())[:_LONGEST_TAB],
        int(turn) if _TURN.fullmatch(turn) else None,
    )


def characters(schema: Mapping[str, Any], fields: Mapping[str, Sequence[str]]) -> int:
    """How many characters are somebody's own words, and neither choices nor days."""
    own = [
        name
        for name, field in schema["properties"].items()
        if field["type"] == "string" and not {"enum", "x-options", "format"} & field.keys()
    ]
    return sum(len(text) for name in own for text in fields.get(schema_form.PREFIX + name, ()))


def values_of(seen: TaskFile, draft: drafts.Kept, person_id: UUID) -> tuple[dict[str, Any], Any]:
    """What a draft puts into the form, and the files it names; only those kept for this person."""
    posted = MultiDict((name, text) for name, texts in draft.fields.items() for text in texts)
    kept = kept_files.read(posted.getlist(KEPT), person_id)
    values = schema_form.answers(seen.schema, posted, installation().zone)
    for name in schema_form.file_fields(seen.schema):
        values[name] = [key for key in values.get(name, []) if key in kept]
    return values, kept


def said(draft: drafts.Kept) -> str:
    """`草稿 14:18 已存`; with its day when that is not today."""
    at = draft.saved_at
    today = i18n.local(at).date() == i18n.local(clock.now()).date()
    text: str = _("草稿 %(at)s 已存", at=i18n.time_of_day(at) if today else i18n.short_moment(at))
    return text
