"""What tests of the studio's plain pages share: a draft of the appeal, its files, posted forms."""

import re
from html import unescape
from uuid import UUID

from engine.commands import design_drafts
from engine.commands.design_drafts import Window
from engine.db import reading, transaction
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from tests.story import Story

DESIGNER = "she.ji"


def begun(story: Story) -> str:
    """The address of a new draft of the appeal."""
    with transaction(story.sessions) as session:
        draft_id = design_drafts.begin(
            session, DesignKind.PROCESS, "appeal", by=story.actor(DESIGNER)
        )
    return f"/design/drafts/{draft_id}"


def files(story: Story, draft: str) -> dict[str, bytes]:
    """The files of a draft by path."""
    with reading(story.sessions) as session:
        return read_drafts.opened(session, story.actor(DESIGNER), _id(draft)).contents


def saves(story: Story, draft: str, path: str, content: bytes, tab: str = "other") -> None:
    """Another window saves a file."""
    with transaction(story.sessions) as session:
        design_drafts.save(
            session, _id(draft), path, content, Window(1, tab, 1), by=story.actor(DESIGNER)
        )


def controls(page: str, form: str) -> dict[str, str]:
    """What a browser would send of the first form at this address."""
    part = re.search(rf'<form[^>]*action="{re.escape(form)}".*?</form>', page, re.DOTALL)
    assert part, form
    found: dict[str, str] = {}
    for said in re.findall(r"<input([^>]*)>", part[0]):
        name, value = re.search(r'name="([^"]+)"', said), re.search(r'value="([^"]*)"', said)
        assert name
        if 'type="checkbox"' not in said or " checked" in said:
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', part[0], re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else first[1] if first else ""
    areas = r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>'
    found |= dict(re.findall(areas, part[0], re.DOTALL))
    found.pop("csrf_token")
    return {name: unescape(value) for name, value in found.items()}


def _id(draft: str) -> UUID:
    return UUID(draft.rsplit("/", 1)[1])
