"""Links lead where a person may go, keep what the address says, and stay on the site."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import Blueprint

from engine.clock import Held
from engine.commands import people
from engine.db import Sessions, transaction
from engine.models import Role
from tests.databases import PASSWORD
from tests.web.site import application, sign_in
from web import navigation, shell
from web.permitted import permitted, public


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


def _page(key: str, grant: str) -> Blueprint:
    page = Blueprint(key, __name__)

    @page.get(f"/{key}")
    @(public if grant == "public" else permitted(grant))
    def index() -> str:
        return " ".join(
            f"{entry.key}{'*' if entry.current else ''}" for entry in navigation.staff()
        )

    return page


def test_one_sees_what_one_may_open(app: APIFlask, sessions: Sessions) -> None:
    app.register_blueprint(_page("here", "public"))
    with transaction(sessions) as session:
        people.add_person(
            session,
            "a.handler",
            "承办人",
            password=PASSWORD,
            memberships=[("utilities_bureau", "handler")],
        )
    client = app.test_client()
    begin = sign_in(client, "a.handler").location
    entries = client.get("/here").text.split()
    assert begin == f"/{entries[0]}"
    assert "inbox" in entries
    assert "operations" not in entries
    page = client.get("/inbox").text
    assert re.search(r'href="/inbox"[^>]* aria-current=', page)
    assert 'href="/operations"' not in page


def test_a_citizens_page_has_the_citizens_links(app: APIFlask) -> None:
    page = app.test_client().get("/nowhere").text
    assert '<a href="/track">查进度</a>' in page
    assert 'action="/track"' in page, "a number can be looked for"


def test_the_root_of_the_organisation_names_the_site(app: APIFlask, sessions: Sessions) -> None:
    page = app.test_client().get("/sign-in").text
    with app.test_request_context("/"):
        name = shell.office()["zh"]
    assert f"工作人员登录 · {name}" in page


@pytest.mark.parametrize(
    ("changed", "address"),
    [
        ({}, "/sign-in?view=late&page=3&tag=a&tag=b"),
        ({"lang": "en"}, "/sign-in?view=late&page=3&tag=a&tag=b&lang=en"),
        ({"page": 4}, "/sign-in?view=late&page=4&tag=a&tag=b"),
        ({"view": "mine"}, "/sign-in?view=mine&tag=a&tag=b"),
        ({"view": None, "tag": ""}, "/sign-in"),
    ],
)
def test_an_address_with_changed_arguments(
    app: APIFlask, changed: dict[str, object], address: str
) -> None:
    with app.test_request_context("/sign-in?view=late&page=3&tag=a&tag=b"):
        assert navigation.url_with(**changed) == address


@pytest.mark.parametrize(
    ("number", "last", "links"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 9, [1, 2, None, 9]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_pages_show_the_ends_and_the_neighbours(
    number: int, last: int, links: list[int | None]
) -> None:
    assert list(navigation.page_numbers(number, last)) == links


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/cases?q=x", "/cases?q=x"),
        ("http://example.org/cases", "/"),
        ("http://localhost/sign-in", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_on_the_site(app: APIFlask, referrer: str, back: str) -> None:
    with app.test_request_context("/sign-in", headers={"Referer": referrer}):
        assert navigation.back() == back


def test_every_role_is_called_something(app: APIFlask) -> None:
    assert set(shell.POSTS) == set(Role)


def test_the_rehearsal_banner_is_on_every_page(
    sessions: Sessions, held: Held, tmp_path: Path
) -> None:
    quiet = application(sessions, tmp_path).test_client()
    loud = application(sessions, tmp_path, rehearsal=True).test_client()
    for path in ("/sign-in", "/nowhere"):
        assert "演练时间" not in quiet.get(path).text
        assert "演练时间：11月2日（周一）09:00，与真实时间无关" in loud.get(path).text
