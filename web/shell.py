"""What the base templates ask: who is here, where one can go, what time it is played to be."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask, g
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from engine import clock
from engine.models import Role, Unit
from web import clocks, i18n, navigation
from web.request import installation, reading, request_token, signed_in

NAME = {"zh": "回音", "en": "Huiyin"}
# What people are called by what they do; the first one a person has stands in the corner.
POSTS = {
    Role.ADMINISTRATOR: _("管理员"),
    Role.DESIGNER: _("流程设计员"),
    Role.LEADER: _("领导"),
    Role.SUPERVISOR: _("督办员"),
    Role.APPROVER: _("审批人"),
    Role.RULER: _("裁定员"),
    Role.INSPECTOR: _("纪检监察员"),
    Role.CUSTODIAN: _("保密专员"),
    Role.REVIEWER: _("审核员"),
    Role.PUBLISHER: _("发布员"),
    Role.CALLER: _("回访员"),
    Role.DISPATCHER: _("派单员"),
    Role.SCREENER: _("初审员"),
    Role.INTAKE: _("受理员"),
    Role.HANDLER: _("承办人"),
}


@dataclass(frozen=True)
class Me:
    """The person in the corner of the page; post: what one does, in the page's language.

    unread: how many notices are new. stands_in: names of those who are away and in whose place
    the person acts today.
    """

    name: str
    post: str = ""
    unread: int = 0
    stands_in: tuple[str, ...] = ()


def init_app(app: Flask) -> None:
    """Give the templates their functions; macros see them too."""
    app.jinja_env.globals.update(
        back=navigation.back,
        home=_home,
        navigation=_navigation,
        office=office,
        page_numbers=navigation.page_numbers,
        person=person,
        portal_foot=navigation.foot,
        portal_home=navigation.portal_home,
        portal_links=navigation.portal,
        rehearsal_time=rehearsal_time,
        request_token=request_token,
        search_url=navigation.search_url,
        today=today,
        url_with=navigation.url_with,
        weekdays=clocks.weekdays,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def person() -> Me | None:
    """Who is signed in; nobody while an unforeseen error is told (see `web.problems`)."""
    actor = None if g.get("plain") else signed_in()
    if actor is None:
        return None
    english = i18n.language() == "en" and actor.name_en
    posts = [str(POSTS[role]) for role in POSTS if role in actor.roles]
    away = tuple(
        i18n.pick({"zh": a.name_zh, "en": a.name_en or a.name_zh}) for a in actor.stands_in
    )
    name = actor.name_en if english else actor.name_zh
    return Me(name, posts[0] if posts else "", actor.unread, away)


def office() -> dict[str, str]:
    """What the person's city is called; for others the only one there is, else our own name."""
    parts = installation()
    if not parts.cities and not g.get("plain"):
        with reading() as session:
            roots = session.execute(
                select(Unit.key, Unit.name_zh, Unit.name_en).where(
                    Unit.parent_key.is_(None), Unit.active
                )
            ).all()
        parts.cities = {root.key: {"zh": root.name_zh, "en": root.name_en} for root in roots}
    cities = parts.cities or {}
    if len(cities) == 1:
        return next(iter(cities.values()))
    actor = None if g.get("plain") else signed_in()
    own = [name for key, name in cities.items() if actor is not None and key in actor.lineage]
    return own[0] if own else NAME


def today() -> date:
    """The local date."""
    return i18n.local(clock.now()).date()


def rehearsal_time() -> datetime | None:
    """The moved clock's time while rehearsing, else None."""
    return clock.now() if installation().settings.rehearsal else None


def _home() -> str:
    return navigation.portal_home() if g.get("plain") else navigation.home()


def _navigation() -> list[navigation.Entry]:
    return [] if g.get("plain") else navigation.staff()
