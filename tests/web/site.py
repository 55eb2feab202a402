"""The web application on a test's database, and a browser without a screen."""

import re
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.db import Sessions
from engine.settings import Settings
from tests.databases import PASSWORD
from web.app import create_app
from web.security import limiter

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def application(sessions: Sessions, home: Path, **settings: Any) -> APIFlask:
    """A fresh application; nobody has failed to sign in yet."""
    app = create_app(sessions, Settings(home=home, database_url="", **settings))
    with app.app_context():
        limiter.reset()
    return app


def csrf(client: FlaskClient, page: str = "/sign-in") -> str:
    """The token in the forms of a page."""
    found = _TOKEN.search(client.get(page).text)
    assert found, f"no form on {page}"
    return found[1]


def post(client: FlaskClient, url: str, page: str = "/sign-in", **fields: Any) -> TestResponse:
    """Send a form as the browser does, with the token of `page`."""
    return client.post(url, data={"csrf_token": csrf(client, page), **fields})


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> TestResponse:
    """Fill in the sign-in page."""
    return post(client, "/sign-in", username=login, password=password)
