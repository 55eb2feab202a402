"""Every page in both languages, on a phone and at a desk: axe finds nothing, all of it fits."""

import pytest
from sqlalchemy import select

from engine.db import connect, reading
from engine.models import Case, Supervision, UserTask
from tests.browser.conftest import DESK, PHONE

pytestmark = pytest.mark.browser
VIEWS = (("zh-CN", PHONE), ("en", DESK))


@pytest.fixture
def before_serving():
    return (("demo", "--cases", "16"),)


@pytest.fixture
def shown(live):
    """The demo's cases, and the addresses that their pages have."""
    sessions = connect(live.office.database_url)
    with reading(sessions) as session:
        number = session.scalar(select(Case.number).where(Case.unit_key.is_not(None)))
        signing = session.scalar(
            select(UserTask.id).where(UserTask.roles == ",handler,", UserTask.status == "open")
        )
        screening = session.scalar(
            select(UserTask.id).where(UserTask.element == "screen", UserTask.status == "open")
        )
        ladder = session.scalar(select(Supervision.number))
    sessions.kw["bind"].dispose()
    return {"number": number, "signing": signing, "screening": screening, "ladder": ladder}


def test_the_citizens_pages_are_whole(visit, shown):
    for language, size in VIEWS:
        who = visit(size, language)
        for path in ("/", "/submit", "/track", "/sign-in", "/nowhere"):
            _is_whole(who, path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("chu.mi", ("/start", "/inbox", "/tasks/{screening}", "/cases", "/cases/{number}")),
        ("du.cheng", ("/supervision", "/supervision/cases/{number}", "/supervision/{ladder}")),
        ("guan.li", ("/operations", "/definitions", "/definitions/appeal/1")),
    ],
)
def test_the_pages_of_the_office_are_whole(visit, shown, login, paths):
    for language, size in VIEWS:
        who = visit(size, language).signs_in(login)
        for path in paths:
            _is_whole(who, path.format(**shown))


def _is_whole(who, path):
    who.opens(path)
    assert who.width_is_kept(), f"{path} scrolls sideways"
    assert who.axe() == [], path
    assert who.page.locator("h1").count() == 1, f"{path} has one heading"
    assert who.page.title()
