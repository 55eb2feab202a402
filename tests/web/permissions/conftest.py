"""The office of the matrix is laid once; each role asks in a copy of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from engine import clock
from engine.db import Sessions, connect
from engine.identity import Vault
from tests import databases
from tests.conftest import START
from tests.databases import Template
from tests.story import Story
from tests.web.permissions.office import Office, lay
from tests.web.staff import office

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def laid(
    templates: dict[str, Template], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, Office, APIFlask]]:
    """The office as a template, what is asked for in it, and the real application."""
    folder = tmp_path_factory.mktemp("matrix")
    with clock.held(START) as held, templates[databases.wanted()].copy(folder) as url:
        sessions = connect(url)
        laid_out = lay(Story(sessions, held, Vault(KEY), folder), folder)
        app = office(sessions, folder, Vault(KEY))
        sessions.kw["bind"].dispose()
        if not databases.is_postgresql(url):
            databases.checkpoint(url)
        yield Template(url), laid_out, app


@pytest.fixture
def own_copy(
    laid: tuple[Template, Office, APIFlask], tmp_path: Path
) -> Iterator[tuple[APIFlask, Office, Sessions]]:
    """The application on a fresh copy of the office: what one role does, no other meets."""
    template, laid_out, app = laid
    with template.copy(tmp_path) as url:
        sessions = connect(url)
        app.extensions["huiyin"].sessions = sessions
        yield app, laid_out, sessions
        sessions.kw["bind"].dispose()
