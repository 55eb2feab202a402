"""Every answer is guarded: content policy, no framing, sniffing or storing; strict templates."""

import re
from pathlib import Path

import pytest
from flask import Blueprint, session
from flask.testing import FlaskClient

from engine.db import Sessions
from tests.web.site import application
from web.permitted import public
from web.security import allow_inline_styles

WEB = Path(__file__).resolve().parents[2] / "web"
PATHS = ["/sign-in", "/nowhere", "/api/v1/openapi.json", "/static/tokens.css", "/fails"]


@pytest.fixture
def client(sessions: Sessions, tmp_path: Path) -> FlaskClient:
    app = application(sessions, tmp_path)
    pages = Blueprint("pages", __name__)

    @pages.get("/fails")
    @public
    def fails() -> str:
        raise RuntimeError

    @pages.get("/drawing")
    @public
    def drawing() -> str:
        allow_inline_styles()
        return "<p>a drawing editor</p>"

    @pages.get("/remembers")
    @public
    def remembers() -> str:
        session["seen"] = True
        return ""

    app.register_blueprint(pages)
    return app.test_client()


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_a_drawing_editor_may_have_styles_but_no_scripts(client: FlaskClient) -> None:
    policy = client.get("/drawing").headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in client.get("/sign-in").headers["Content-Security-Policy"]


def test_over_tls_cookies_stay_on_tls(client: FlaskClient) -> None:
    answer = client.get("/remembers?lang=en", base_url="https://localhost")
    assert "Strict-Transport-Security" in answer.headers
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    plain = client.get("/remembers").headers.getlist("Set-Cookie")
    assert plain
    assert all("Secure" not in cookie for cookie in plain)


def test_the_signing_key_is_made_once(sessions: Sessions, tmp_path: Path) -> None:
    first = application(sessions, tmp_path / "a").config["SECRET_KEY"]
    assert application(sessions, tmp_path / "a").config["SECRET_KEY"] == first
    assert application(sessions, tmp_path / "b").config["SECRET_KEY"] != first
    given = application(sessions, tmp_path / "a", secret_key="given")
    assert given.config["SECRET_KEY"] == "given"


@pytest.mark.parametrize(
    "template", sorted(str(p.relative_to(WEB)) for p in (WEB / "templates").rglob("*.html"))
)
def test_templates_hold_no_inline_code(template: str) -> None:
    source = (WEB / template).read_text(encoding="utf-8")
    assert not re.search(r"""\sstyle\s*=\s*["']""", source)
    assert not re.search(r"<style|javascript:", source)
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))
    assert not re.search(r"https?://", source), "nothing is fetched from elsewhere"
    assert "|safe" not in source.replace(" ", ""), "escaping is never switched off"


@pytest.mark.parametrize(
    "script", sorted(str(p.relative_to(WEB)) for p in (WEB / "static" / "js").glob("*.js"))
)
def test_scripts_evaluate_nothing_and_call_nobody(script: str) -> None:
    source = (WEB / script).read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|https?://", source)


def test_what_is_built_is_there_with_its_notices() -> None:
    dist = WEB / "static" / "dist"
    assert {path.name for path in dist.iterdir()} >= {
        "viewer.js",
        "viewer.css",
        "htmx.min.js",
        "NOTICE.txt",
    }
    notice = (dist / "NOTICE.txt").read_text(encoding="utf-8")
    assert "bpmn-js 18.31.1" in notice
    assert "MUST NOT be removed or changed" in re.sub(r"\s+", " ", notice)
    assert "bjs-powered-by" in (dist / "viewer.js").read_text(encoding="utf-8")
    lock = (WEB / "assets" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "sha512-" in lock
