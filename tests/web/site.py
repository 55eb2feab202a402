"""The web application on a test's database, and a browser without a screen."""

import re
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar

from apiflask import APIFlask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from engine.db import Sessions
from engine.identity import Vault
from engine.settings import Settings
from tests.databases import PASSWORD
from web.app import create_app
from web.security import limiter

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class _Compiled(BytecodeCache):
    """Keeps compiled templates for the applications that tests make by the hundred."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, if this source was compiled before."""
        if bucket.key + bucket.checksum in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_compile_builder = Rule._compile_builder
_builders: dict[tuple[Any, ...], Any] = {}


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    """How addresses of a rule are built, compiled once for all the applications that tests make.

    What werkzeug compiles of a rule takes nine tenths of the time it takes to make an application.
    """
    said = rule.rule, rule.host, rule.subdomain, repr(rule.defaults), append_unknown
    if said not in _builders:
        _builders[said] = _compile_builder(rule, append_unknown)
    return _builders[said]


Rule._compile_builder = _builder  # type: ignore[method-assign]


def application(
    sessions: Sessions, home: Path, vault: Vault | None = None, **settings: Any
) -> APIFlask:
    """A fresh application; nobody has failed to sign in yet."""
    app = create_app(sessions, Settings(home=home, database_url="", **settings), vault)
    app.jinja_env.bytecode_cache = _Compiled()
    with app.app_context():
        limiter.reset()
    return app


def csrf(client: FlaskClient, page: str = "") -> str:
    """The token in the forms of a page; of none, the one that any page of this session has."""
    if not page:
        with client.session_transaction() as session:
            said = session.setdefault("csrf_token", token_hex(20))
        signer = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token")
        return str(signer.dumps(said))
    found = _TOKEN.search(client.get(page).text)
    assert found, f"no form on {page}"
    return found[1]


def post(client: FlaskClient, url: str, page: str = "", **fields: Any) -> TestResponse:
    """Send a form as the browser does, with a token of `page` or of the session."""
    return client.post(url, data={"csrf_token": csrf(client, page), **fields})


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> TestResponse:
    """Fill in the sign-in page."""
    return post(client, "/sign-in", username=login, password=password)
