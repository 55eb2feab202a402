"""A citizen's browser, without screen and without JavaScript: fills forms, presses buttons."""

import re
from pathlib import Path
from typing import Any, Self

from apiflask import APIFlask
from lxml import html
from werkzeug.test import TestResponse

from engine.db import Sessions
from engine.identity import Vault
from tests.web.site import application

# Two cities listen in the test office; a citizen says which.
SUBMIT = "/submit?pack=gl-jindianzi"
_TOKENS = re.compile(r'(name="(?:csrf|request)_token" value=")[^"]+')


def portal(sessions: Sessions, home: Path, vault: Vault) -> APIFlask:
    """The application with the vault of the story; nobody has missed a code yet."""
    return application(sessions, home, vault)


class Citizen:
    """One browser; `page` is what it shows."""

    def __init__(self, app: APIFlask, address: str = "198.51.100.7") -> None:
        self.client = app.test_client()
        self.address = {"REMOTE_ADDR": address}
        self.page: TestResponse
        self.posted: tuple[str, dict[str, Any]] = ("", {})

    def opens(self, path: str) -> Self:
        """Go to an address and on to where it sends."""
        self.page = self.client.get(path, environ_base=self.address, follow_redirects=True)
        return self

    def presses(self, go: str = "next", **typed: str) -> Self:
        """Fill in the main form of the page and press one of its buttons."""
        return self.sends(self._form.get("action"), {**self.values, **typed, "go": go})

    def sends(self, path: str, values: dict[str, Any]) -> Self:
        """Post a form and go on to where it sends."""
        self.posted = (path, values)
        self.page = self.client.post(
            path, data=values, environ_base=self.address, follow_redirects=True
        )
        return self

    def says(
        self, body: str, place: str = "", name: str = "", phone: str = "", **more: str
    ) -> Self:
        """Go the whole way through the steps up to the check."""
        self.opens(SUBMIT).presses(body=body, category=more.pop("category", ""))
        return self.presses(place=place).presses(name=name, phone=phone, **more)

    @property
    def tree(self) -> Any:
        """The page as a tree."""
        return html.fromstring(self.page.text)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.page.status_code

    @property
    def heading(self) -> str:
        """The one h1."""
        (heading,) = self.tree.xpath("//h1")
        return str(heading.text_content()).strip()

    @property
    def faults(self) -> list[str]:
        """What the summary above the form says."""
        return [str(a.text_content()) for a in self.tree.xpath('//*[@role="alert"]//li/a')]

    @property
    def text(self) -> str:
        """What the main part says, white space in order."""
        (main,) = self.tree.xpath("//main")
        return " ".join(" ".join(main.itertext()).split())

    @property
    def same(self) -> str:
        """The page without what differs from one showing to the next."""
        return _TOKENS.sub(r"\1", self.page.text)

    @property
    def code(self) -> str:
        """The secret code on the confirmation."""
        return str(self.tree.xpath('//*[@class="big"]')[1].text_content())

    @property
    def number(self) -> str:
        """The number on the confirmation."""
        return str(self.tree.xpath('//*[@class="big"]')[0].text_content())

    def typed(self, name: str) -> str:
        """What stands in a control, visible or hidden."""
        return self.values.get(name, "")

    @property
    def values(self) -> dict[str, str]:
        """What the main form of the page would send now, without its buttons."""
        found = {}
        for control in self._form.xpath(".//input[@name] | .//textarea[@name]"):
            if control.get("type") in {"radio", "checkbox"} and "checked" not in control.attrib:
                continue
            text = control.text if control.tag == "textarea" else control.get("value", "")
            # A browser drops the first line break of a text area.
            text = (text or "").replace("\r\n", "\n")
            found[control.get("name")] = text.removeprefix("\n" * (control.tag == "textarea"))
        return found

    @property
    def _form(self) -> Any:
        return next(form for form in self.tree.forms if "data-main" in form.attrib)
