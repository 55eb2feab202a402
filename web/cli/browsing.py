"""Pages asked for as a browser does, for the benchmark of the desk: whole answers, over WSGI."""

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.bench.city import City
from engine.errors import HuiyinError
from engine.permissions import Actor
from engine.settings import Settings
from web.app import create_app

PAGES = ("/inbox", "/inbox?view=overdue", "/cases", "/cases?q=路灯")


def milliseconds(city: City, actor: Actor) -> Mapping[str, float]:
    """How long each page takes for one person, each asked for twice; the second is told."""
    with TemporaryDirectory() as home:
        settings = Settings(Path(home), "", secret_key=secrets.token_hex(16))
        client = create_app(city.sessions, settings, city.vault).test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = str(actor.id), True
        taken: dict[str, float] = {}
        for path in (*PAGES, *PAGES):
            begun = time.perf_counter()
            answer = client.get(path)
            taken[path] = 1000 * (time.perf_counter() - begun)
            if answer.status_code != 200:
                raise HuiyinError(f"{path}: {answer.status}")
    return taken
