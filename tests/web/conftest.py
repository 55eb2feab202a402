"""The application on a test's database, and the supervisor's browser."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.db import Sessions
from tests.story import Story
from tests.web.site import application, sign_in


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    """A fresh application in the time of the story."""
    return application(sessions, tmp_path)


@pytest.fixture
def supervisor(app: APIFlask) -> FlaskClient:
    """Du Cheng of the supervision office, signed in."""
    client = app.test_client()
    sign_in(client, "du.cheng")
    return client
