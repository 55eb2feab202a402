"""The web application: the one place where its parts are put together."""

from pathlib import Path
from zoneinfo import ZoneInfo

from apiflask import APIFlask
from flask import Blueprint, redirect, request, url_for
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix

from engine import db
from engine.identity import Vault
from engine.settings import Settings
from web import api, auth, i18n, permitted, problems, security, shell
from web.pages import (
    absences,
    admin,
    anchors,
    bulk,
    calendar,
    callback_draws,
    callbacks,
    called,
    case,
    cases,
    day,
    dead_letters,
    definitions,
    design,
    design_compare,
    design_decisions,
    design_deploying,
    design_diagram,
    design_files,
    design_forms,
    design_import,
    design_map,
    design_packs,
    design_rules,
    design_talk,
    digests,
    group_interviews,
    handover,
    inbox,
    incidents,
    instructions,
    intake,
    merges,
    moves,
    notices,
    operations,
    organisation_import,
    packs,
    paper_templates,
    papers,
    password,
    people,
    phrases,
    portal,
    precedents,
    promises,
    public,
    publishing,
    rate,
    rates,
    receipt,
    rules,
    screening,
    sign_in,
    splitting,
    start,
    supervision,
    task,
    task_writing,
    together,
    tokens,
    topics,
    track,
    undelivered,
    unit_history,
    unit_word,
    urging,
    views,
)
from web.request import Installation

# Every page and every resource of the API: blueprint and the path it hangs under.
PAGES: tuple[tuple[Blueprint, str], ...] = (
    (portal.blueprint, ""),
    (track.blueprint, ""),
    (receipt.blueprint, ""),
    (anchors.blueprint, ""),
    (public.blueprint, ""),
    (rate.blueprint, ""),
    (sign_in.blueprint, ""),
    (start.blueprint, ""),
    (day.blueprint, ""),
    (inbox.blueprint, ""),
    (bulk.blueprint, ""),
    (views.blueprint, ""),
    (notices.blueprint, ""),
    (task.blueprint, ""),
    (screening.blueprint, ""),
    (splitting.blueprint, ""),
    (task_writing.blueprint, ""),
    (intake.blueprint, ""),
    (callbacks.blueprint, ""),
    (callback_draws.blueprint, ""),
    (phrases.blueprint, ""),
    (precedents.blueprint, ""),
    (merges.blueprint, ""),
    (together.blueprint, ""),
    (publishing.blueprint, ""),
    (urging.blueprint, ""),
    (cases.blueprint, ""),
    (case.blueprint, ""),
    (supervision.blueprint, ""),
    (rules.blueprint, ""),
    (unit_word.blueprint, ""),
    (called.blueprint, ""),
    (promises.blueprint, ""),
    (unit_history.blueprint, ""),
    (group_interviews.blueprint, ""),
    (topics.blueprint, ""),
    (rates.blueprint, ""),
    (digests.blueprint, ""),
    (instructions.blueprint, ""),
    (papers.blueprint, ""),
    (paper_templates.blueprint, ""),
    (definitions.blueprint, ""),
    (design.blueprint, ""),
    (design_decisions.blueprint, ""),
    (design_forms.blueprint, ""),
    (design_diagram.blueprint, ""),
    (design_packs.blueprint, ""),
    (design_compare.blueprint, ""),
    (design_deploying.blueprint, ""),
    (design_files.blueprint, ""),
    (design_talk.blueprint, ""),
    (design_import.blueprint, ""),
    (design_rules.blueprint, ""),
    (design_map.blueprint, ""),
    (operations.blueprint, ""),
    (incidents.blueprint, ""),
    (dead_letters.blueprint, ""),
    (undelivered.blueprint, ""),
    (moves.blueprint, ""),
    (admin.blueprint, ""),
    (people.blueprint, ""),
    (absences.blueprint, ""),
    (handover.blueprint, ""),
    (organisation_import.blueprint, ""),
    (calendar.blueprint, ""),
    (packs.blueprint, ""),
    (tokens.blueprint, ""),
    (password.blueprint, ""),
    (api.blueprint, "/api/v1"),
)

HERE = Path(__file__).resolve().parent


class _Json(DefaultJSONProvider):
    """Chinese as it is written, members in the order they are given."""

    ensure_ascii = False
    sort_keys = False


def create_app(sessions: db.Sessions, settings: Settings, vault: Vault | None = None) -> APIFlask:
    """The application on one database; without a vault, the one of the settings' home."""
    app = APIFlask(
        "web",
        title="Huiyin",
        version="1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
        root_path=str(HERE),
    )
    app.json = _Json(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    zone = ZoneInfo(settings.timezone)
    app.extensions["huiyin"] = Installation(
        sessions, settings, zone, vault or Vault.at(settings.home)
    )
    auth.init_app(app)
    security.init_app(app, settings)
    i18n.init_app(app, zone)
    shell.init_app(app)
    permitted.init_app(app)
    problems.init_app(app)
    api.init_app(app)
    app.register_error_handler(Unauthorized, _ask_to_sign_in)
    for blueprint, prefix in PAGES:
        app.register_blueprint(blueprint, url_prefix=prefix or None)
    return app


def _ask_to_sign_in(error: Unauthorized) -> ResponseReturnValue:
    """A person who opens a page is taken to the sign-in page and back; others are told."""
    if security.is_machine_path() or request.method != "GET":
        return problems.http_error(error)
    return redirect(url_for("sign_in.index", next=request.full_path.rstrip("?")), code=303)
