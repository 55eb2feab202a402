"""The scene is laid once for all requests of a module; time stands still in it."""

from collections.abc import Iterator

import pytest
from apiflask import APIFlask

from engine import clock
from engine.db import connect
from engine.identity import Vault
from tests import databases
from tests.conftest import START
from tests.story import Story
from tests.web.compartment.scene import Scene, lay
from tests.web.staff import office


@pytest.fixture(scope="module")
def scene(
    templates: dict[str, databases.Template], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The office with its sealed cases."""
    folder = tmp_path_factory.mktemp("compartment")
    with clock.held(START) as held, templates[databases.wanted()].copy(folder) as url:
        sessions = connect(url)
        yield lay(Story(sessions, held, Vault(bytes(range(32))), folder), folder)
        sessions.kw["bind"].dispose()


@pytest.fixture(scope="module")
def app(scene: Scene) -> APIFlask:
    """The real application."""
    return office(scene.sessions, scene.home, scene.story.vault)
