"""What protects every answer: headers, sizes, cookies, CSRF, rate limits."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from limits import RateLimitItem

from engine import clock
from engine.identity import secret_in
from engine.settings import Settings

# Paths machines speak to. A session cookie counts there for reading only, so a forged form
# cannot act, and CSRF tokens are not asked for.
MACHINE_PATHS = ("/api/", "/open311/")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=()",
}
_MEGABYTE = 1024 * 1024

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


class _Sessions(SecureCookieSessionInterface):
    """Cookies are for TLS only whenever the request came by TLS.

    What a script asks for beside a page does not renew the cookie: its answer may come after that
    of a page asked for later, and would take back what that page's session says.
    """

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        if not session.modified and _asked_by_script():
            return False
        return super().should_set_cookie(app, session)


def _asked_by_script() -> bool:
    headers = request.headers
    return "HX-Request" in headers or headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def init_app(app: Flask, settings: Settings) -> None:
    """Install everything of this module."""
    app.config.update(
        SECRET_KEY=settings.secret_key or secret_in(settings.home, "session.key").hex(),
        SESSION_COOKIE_NAME="huiyin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        MAX_CONTENT_LENGTH=64 * _MEGABYTE,
        MAX_FORM_MEMORY_SIZE=2 * _MEGABYTE,
        MAX_FORM_PARTS=500,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
    )
    app.session_interface = _Sessions()
    csrf = CSRFProtect(app)
    limiter.init_app(app)

    @app.before_request
    def _same_origin() -> None:
        if request.mimetype == "application/x-www-form-urlencoded":
            # Werkzeug reads such a form at once, whatever MAX_FORM_MEMORY_SIZE says.
            request.max_content_length = min(
                app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"]
            )
        if not is_machine_path():
            csrf.protect()

    app.after_request(_protect)


def is_machine_path() -> bool:
    """Whether this request is for the API."""
    return request.path.startswith(MACHINE_PATHS)


def allow_inline_styles() -> None:
    """Let this answer carry style attributes, as the drawing editors need; scripts stay strict."""
    g.inline_styles = True


def _protect(response: Response) -> Response:
    rules = dict(_CSP)
    if g.get("inline_styles"):
        rules["style-src"] = "'self' 'unsafe-inline'"
    policy = "; ".join(f"{name} {sources}" for name, sources in rules.items())
    response.headers["Content-Security-Policy"] = policy
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def closed_until(limit: RateLimitItem, keys: Iterable[tuple[str, ...]]) -> datetime | None:
    """When one who has used up this limit may try again, or None if one may now.

    The limiter counts real time; what is given is the office's time, also in a rehearsal.
    """
    waits = [
        limiter.limiter.get_window_stats(limit, *key).reset_time
        for key in keys
        if not limiter.limiter.test(limit, *key)
    ]
    if not waits:
        return None
    return clock.now() + timedelta(seconds=max(waits) - clock.system().timestamp())
