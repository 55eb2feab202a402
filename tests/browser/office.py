"""The office in a real browser: its people and its citizens, each at a phone of their own.

What a story is about is done at the pages (`enters`, `does`, `calls`); what only leads there may
be done through the commands in between (`receives`, `passes_on`), in the office's own time.
"""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page
from sqlalchemy import select

from engine import clock
from engine.commands import cases, rehearsal, tasks
from engine.commands.cases import Said
from engine.db import connect, reading, transaction
from engine.errors import Conflict
from engine.identity import Reporter, Vault
from engine.models import Case, Person, TaskStatus, UserTask
from engine.permissions import Actor, roles_of
from engine.queries import people
from engine.settings import Settings
from tests.story import BODY, PHONE, TITLE, answers_for
from tests.web.citizen import SUBMIT

_ZONE = ZoneInfo("Asia/Shanghai")
_NUMBER = re.compile(r"\b[A-Z]{2}-\d{8}-\d{6}\b")
_CODE = re.compile(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}\b")
_PATIENCE = 20  # seconds that the worker may take to open a task


class OfficeInBrowser:
    """One case after the other is looked at: `number` says which."""

    def __init__(self, live: Any, visit: Any) -> None:
        self.live = live
        self.visit = visit
        self.citizen = visit()
        self.number = ""
        self._codes: dict[str, tuple[str, str]] = {}  # of each case: its code, the phone left
        self._staff: dict[str, Any] = {}
        url, home = live.office.database_url, live.office.home
        self.sessions = connect(url)
        self._vault = Vault.at(home)
        self._time = rehearsal.follow(Settings(home=home, database_url=url, rehearsal=True))
        with reading(self.sessions) as session:
            logins = session.scalars(select(Person.login)).all()
            self.actors = [people.by_login(session, login) for login in logins]

    def close(self) -> None:
        """Everybody goes home, and the clock of this process is the machine's again."""
        clock.use(clock.system)
        assert self._time is not None
        self._time.close()
        self.sessions.kw["bind"].dispose()

    def now(self) -> datetime:
        """The office's time, as its people read it."""
        return clock.now().astimezone(_ZONE)

    # Citizens ----------------------------------------------------------------------------------

    def submits(self) -> None:
        """The citizen says it in three small steps and notes number and code."""
        page = self.citizen.opens(SUBMIT).page
        page.fill("[name=body]", BODY)
        self._steps("next")
        page.fill("[name=place]", "解放东路口")
        self._steps("next")
        page.fill("[name=name]", "陈女士")
        page.fill("[name=phone]", PHONE)
        self._steps("next")
        assert self.citizen.width_is_kept()
        self._steps("send")
        self._notes(self.citizen.sees(), PHONE)

    def tracks(self) -> str:
        """What the citizen reads about the case with code and last four digits."""
        code, phone = self._codes[self.number]
        page = self.citizen.opens("/track").page
        page.fill("[name=code]", code)
        page.fill("[name=digits]", phone[-4:])
        page.click("main form button.btn--primary")
        assert self.number in self.citizen.sees()
        assert self.citizen.width_is_kept()
        return str(self.citizen.sees())

    def _steps(self, go: str) -> None:
        """Press the button that goes on (or sends)."""
        self.citizen.page.click(f"main button[name=go][value={go}]:visible")

    def _notes(self, told: str, phone: str) -> None:
        """Number and code, as a page told them."""
        number, code = _NUMBER.search(told), _CODE.search(told)
        assert number, told
        assert code, told
        self.number = number[0]
        self._codes[self.number] = (code[0], phone)

    # At the pages ------------------------------------------------------------------------------

    def at_work(self, login: str) -> Any:
        """The browser of this person, signed in."""
        if login not in self._staff:
            self._staff[login] = self.visit().signs_in(login)
        return self._staff[login]

    def enters(self, login: str, body: str, **said: Any) -> None:
        """The clerk writes down at the desk what somebody says, and reads number and code out."""
        clerk = self.at_work(login)
        page = clerk.opens("/intake").page
        page.check(f"[name=channel][value={said.pop('channel')}]")
        for name, text in {"name": "陈女士", "phone": PHONE, "body": body}.items():
            page.fill(f"[name={name}]", text)
        self.fills(page, said)
        assert clerk.width_is_kept(), "the desk scrolls sideways"
        page.click("form[data-main] .actions button.btn--primary")
        page.wait_for_url("**/intake/received")
        assert clerk.width_is_kept()
        self._notes(clerk.sees(), PHONE)

    def finds(self, element: str, by: str | None = None, item: str = "") -> Any:
        """Somebody who may, or the person `by`, opens the task from the inbox."""
        task = self.task(element, item)
        who = self.at_work(by or self.login_for(task))
        who.opens(f"/inbox?q={self.number}")
        assert who.width_is_kept(), "the inbox scrolls sideways"
        who.page.click(f"a[href*='/tasks/{task.id}']")
        who.page.wait_for_url(f"**/tasks/{task.id}*")
        assert who.width_is_kept(), f"{element} scrolls sideways"
        return who

    def does(self, element: str, by: str | None = None, item: str = "", **said: Any) -> Any:
        """The same, fills the form and submits it; what the next page says is kept open."""
        task = self.task(element, item)
        who = self.finds(element, by, item)
        self.fills(who.page, answers_for(element, self.now(), **said))
        return self.sends(who, task)

    def sends(self, who: Any, task: UserTask) -> Any:
        """Submit the form of the open task."""
        with who.page.expect_navigation():  # what is typed is kept before the form goes
            who.page.click("form[data-main] .actions button.btn--primary")
        assert not who.page.query_selector(".errors"), who.sees()
        assert task.id not in {one.id for one in self.open_tasks()}
        assert who.width_is_kept()
        return who

    def fills(self, page: Page, answers: dict[str, Any]) -> None:
        """Fill the fields in, each as its kind wants it."""
        for name, value in answers.items():
            self._fill(page, f"[name='answer.{name}']", value)

    def _fill(self, page: Page, named: str, value: Any) -> None:
        control = page.locator(named).first
        kind = control.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "radio":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            page.check(f"{named}[value='{text}']")
        elif isinstance(value, list):
            for one in value:
                page.check(f"{named}[value='{one}']")
        elif kind == "checkbox":
            control.set_checked(bool(value))
        elif kind == "select":
            control.select_option(str(value))
        elif kind == "datetime-local":
            control.fill(str(value)[:16])
        else:
            control.fill(str(value))

    # Through the commands ----------------------------------------------------------------------

    def receives(self, pack: str = "gl-jindianzi", **said: Any) -> str:
        """Something comes in; its number."""
        phone = said.pop("phone", PHONE)
        reporter = Reporter(said.pop("name", "陈女士"), phone)
        fields = {"channel": "web", "title": TITLE, "body": BODY} | said
        with transaction(self.sessions) as session:
            got = cases.receive(session, self._vault, pack, Said(reporter=reporter, **fields))
        self.number = got.number
        self._codes[got.number] = (got.code, phone)
        return str(got.number)

    def goes_on(self, element: str, item: str = "", **said: Any) -> None:
        """Somebody who may completes the task, not at a page."""
        for _ in range(3):
            task = self.task(element, item)
            answers = answers_for(element, self.now(), **said)
            actor = self._actor_for(task)
            try:
                with transaction(self.sessions) as session:
                    tasks.complete(session, task.id, answers, by=actor)
            except Conflict:  # the worker moved the case on meanwhile
                continue
            return
        raise AssertionError(f"{element} could not be completed")

    def goes_through(self, *elements: str) -> None:
        """The usual answers at each of these tasks, not at a page."""
        for element in elements:
            self.goes_on(element)

    # What waits --------------------------------------------------------------------------------

    def open_tasks(self) -> list[UserTask]:
        """What waits in the case."""
        query = (
            select(UserTask)
            .join(Case, Case.id == UserTask.case_id)
            .where(UserTask.status == TaskStatus.OPEN, Case.number == self.number)
        )
        with reading(self.sessions) as session:
            return list(session.scalars(query))

    def task(self, element: str, item: str = "") -> UserTask:
        """The open task of this element; the worker may be about to open it."""
        for _ in range(_PATIENCE * 10):
            for task in self.open_tasks():
                if task.element == element and item in {"", task.item}:
                    return task
            self.citizen.page.wait_for_timeout(100)
        raise AssertionError(f"{element} is not open, but {[t.element for t in self.open_tasks()]}")

    def login_for(self, task: UserTask) -> str:
        """Somebody who may do the task."""
        return str(self._actor_for(task).login)

    def _actor_for(self, task: UserTask) -> Actor:
        return next(
            actor
            for role in roles_of(task)
            for actor in self.actors
            if actor.acts_for(role, task.unit_key)
        )
