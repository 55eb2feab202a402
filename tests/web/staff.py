"""A member of staff at the browser, without JavaScript: opens pages, fills in forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from lxml import html
from sqlalchemy import event
from werkzeug.test import TestResponse

from engine.db import Sessions
from engine.identity import Vault
from tests.web.site import application, sign_in


def office(sessions: Sessions, home: Path, vault: Vault) -> APIFlask:
    """The application with the vault of the story."""
    return application(sessions, home, vault)


@contextmanager
def statements(sessions: Sessions) -> Iterator[list[str]]:
    """What is asked of the database inside the block, without begin and commit."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            asked.append(statement)

    database = sessions.kw["bind"]
    event.listen(database, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database, "before_cursor_execute", note)


class Officer:
    """Somebody signed in; `page` is the last answer."""

    def __init__(self, app: APIFlask, login: str, language: str = "zh") -> None:
        self.client = app.test_client()
        self.client.get(f"/sign-in?lang={language}")
        assert sign_in(self.client, login).status_code == 303
        self.page: TestResponse

    def opens(self, path: str) -> TestResponse:
        """Go to an address, not on from there."""
        self.page = self.client.get(path)
        return self.page

    @property
    def tree(self) -> Any:
        """The page as a tree."""
        return html.fromstring(self.page.text)

    @property
    def text(self) -> str:
        """What the page says, white space in order."""
        return " ".join(self.tree.text_content().split())

    def form(self, which: str = "//form[@data-main]") -> tuple[str, dict[str, Any]]:
        """Where a form of the page goes and what stands in it."""
        found = self.tree.xpath(which)
        assert found, f"no {which} on {self.page.request.path}"
        values: dict[str, Any] = {}
        for name, value in found[0].form_values():
            values.setdefault(name, []).append(value)
        return found[0].get("action"), values

    def fills(self, which: str = "//form[@data-main]", **typed: Any) -> TestResponse:
        """Fill in a form and send it; answers by field, everything else by the control's name.

        A list is several values; None leaves a control out.
        """
        action, values = self.form(which)
        known = {name for name in values if name.startswith("answer.")}
        for name, value in typed.items():
            control = name if f"answer.{name}" not in known and which != _MAIN else f"answer.{name}"
            control = name if name in {"then", "purpose"} else control
            values[control] = value
        return self.sends(action, {name: v for name, v in values.items() if v is not None})

    def sends(self, url: str, values: dict[str, Any]) -> TestResponse:
        """Post; the answer itself, not where it leads."""
        self.page = self.client.post(url, data=values)
        return self.page

    def follows(self) -> TestResponse:
        """Go where the last answer leads."""
        assert self.page.status_code == 303, self.page.status
        return self.opens(self.page.location)


_MAIN = "//form[@data-main]"
TITLE = re.compile(r"<title>([^<]*)</title>")


def title(page: TestResponse) -> str:
    """The title of a page."""
    found = TITLE.search(page.text)
    assert found
    return found[1]
