"""The two stories of the office in a real browser at phone size, from the citizen to the end."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from engine.db import connect, reading
from engine.models import Commitment, Interview, Person, UserTask
from engine.permissions import roles_of
from engine.queries import people
from tests.browser.conftest import MONDAY
from tests.story import BODY, PHONE, answers_for
from tests.web.citizen import SUBMIT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOW = datetime.fromisoformat(MONDAY)


class OfficeInBrowser:
    """The citizen and the people of the office, each at a phone of their own."""

    def __init__(self, live, visit):
        self.live = live
        self.visit = visit
        self.citizen = visit()
        self.staff = {}
        self.sessions = connect(live.office.database_url)
        with reading(self.sessions) as session:
            logins = session.scalars(select(Person.login)).all()
            self.actors = [people.by_login(session, login) for login in logins]

    def submits(self):
        """The citizen says it in three small steps and notes number and code."""
        page = self.citizen.opens(SUBMIT).page
        page.fill("[name=body]", BODY)
        self.steps("next")
        page.fill("[name=place]", "解放东路口")
        self.steps("next")
        page.fill("[name=name]", "陈女士")
        page.fill("[name=phone]", PHONE)
        self.steps("next")
        assert self.citizen.width_is_kept()
        self.steps("send")
        told = self.citizen.sees()
        self.number = re.search(r"GL-\d{8}-\d{6}", told)[0]
        self.code = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}\b", told)[0]

    def steps(self, go):
        """Press the button that goes on (or sends)."""
        self.citizen.page.click(f"main button[name=go][value={go}]:visible")

    def tracks(self):
        """What the citizen reads about the case with code and last four digits."""
        page = self.citizen.opens("/track").page
        page.fill("[name=code]", self.code)
        page.fill("[name=digits]", PHONE[-4:])
        page.click("main form button.btn--primary")
        assert self.number in self.citizen.sees()
        assert self.citizen.width_is_kept()
        return self.citizen.sees()

    def does(self, element, **said):
        """Somebody who may opens the task from the inbox, fills the form and submits it."""
        task = self.task(element)
        who = self.at_work(self.login_for(task))
        page = who.page
        who.opens(f"/inbox?q={self.number}")
        page.click(f"a[href*='/tasks/{task.id}']")
        page.wait_for_url(f"**/tasks/{task.id}*")
        assert who.width_is_kept(), f"{element} scrolls sideways"
        for name, value in answers_for(element, NOW, **said).items():
            self.fill(page, name, value)
        page.click("form[data-main] .actions button.btn--primary")
        page.wait_for_load_state()
        assert not page.query_selector(".errors"), who.sees()
        assert task.id not in {one.id for one in self.open_tasks()}

    def fill(self, page, name, value):
        """Fill one field as its kind wants it."""
        control = page.locator(f"[name='answer.{name}']").first
        kind = control.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "radio":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            page.check(f"[name='answer.{name}'][value='{text}']")
        elif kind == "checkbox":
            control.set_checked(bool(value))
        elif kind == "select":
            control.select_option(str(value))
        elif kind == "datetime-local":
            control.fill(str(value)[:16])
        else:
            control.fill(str(value))

    def at_work(self, login):
        """The browser of this person, signed in."""
        if login not in self.staff:
            self.staff[login] = self.visit().signs_in(login)
        return self.staff[login]

    def login_for(self, task):
        """Somebody who may do the task."""
        return next(
            actor.login
            for actor in self.actors
            for role in roles_of(task)
            if actor.acts_for(role, task.unit_key)
        )

    def open_tasks(self):
        """What waits."""
        with reading(self.sessions) as session:
            return session.scalars(select(UserTask).where(UserTask.status == "open")).all()

    def task(self, element, seconds=15):
        """The open task of this element; the worker may be about to open it."""
        for _ in range(seconds * 10):
            for task in self.open_tasks():
                if task.element == element:
                    return task
            self.citizen.page.wait_for_timeout(100)
        raise AssertionError(f"{element} is not open, but {[t.element for t in self.open_tasks()]}")


@pytest.fixture
def office(live, visit):
    made = OfficeInBrowser(live, visit)
    yield made
    made.sessions.kw["bind"].dispose()


def test_a_case_goes_round_twice_and_is_closed_and_the_citizen_sees_each_step(office):
    office.submits()
    assert "登记" in office.tracks()
    office.does("complete_record")
    office.does("screen")
    office.does("dispatch")
    assert "市政公用事业局" in office.tracks()
    office.does("sign")
    office.does("contact_citizen")
    office.does("handle")
    office.does("write_answer")
    assert "审核" in office.tracks()
    office.does("review_answer", review="send_back", fault="no_measure")
    office.does("revise_answer")
    office.does("review_answer")
    office.does("answer_directly")
    assert "11月3日更换灯泡" in office.tracks()
    office.does("callback", result="unsolved", satisfaction=2)
    told = office.tracks()
    assert "办理" in told
    for element in ("sign", "contact_citizen", "handle", "write_answer", "review_answer"):
        office.does(element)
    office.does("answer_directly")
    office.does("callback")
    assert "办结" in office.tracks()
    assert not office.open_tasks()


def test_a_case_nobody_touches_climbs_to_an_interview_and_a_commitment(office):
    office.submits()
    office.does("complete_record")
    office.does("screen")
    office.does("dispatch")
    office.live.advance("8d")
    office.task("phone")
    assert "督办" in office.tracks()
    board = office.at_work("du.cheng").opens("/supervision")
    assert office.number in board.page.content()
    for element, days in (("order", "2d"), ("interview", "2d")):
        office.live.advance(days)
        office.task(element)
    office.does("interview")
    office.live.advance("9d")
    office.task("commitment")
    office.does("commitment")
    with reading(office.sessions) as session:
        assert session.scalars(select(Interview)).one().minutes
        assert session.scalars(select(Commitment)).one().text
