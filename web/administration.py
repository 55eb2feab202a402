"""The forms of administration: posted strings to what commands take, and what things are called."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.commands.staffing import PersonSaid, Post
from engine.commands.units import UnitSaid
from engine.errors import InvalidAnswers
from engine.holdings import OfPerson
from engine.models import Level, Role, UnitKind
from engine.queries.organisation import Act
from web import i18n
from web.shell import POSTS

LEVELS = {
    Level.CITY: lazy_gettext("市"),
    Level.DISTRICT: lazy_gettext("区县"),
    Level.TOWNSHIP: lazy_gettext("街道乡镇"),
    Level.VILLAGE: lazy_gettext("村社区"),
}
KINDS = {
    UnitKind.DEPARTMENT: lazy_gettext("部门"),
    UnitKind.TERRITORY: lazy_gettext("属地"),
    UnitKind.COMPARTMENT: lazy_gettext("封闭单位"),
}
ACTS = {
    "unit.founded": lazy_gettext("建立"),
    "unit.changed": lazy_gettext("改了登记"),
    "unit.moved": lazy_gettext("换了上级"),
    "unit.closed": lazy_gettext("撤销"),
    "unit.succeeded": lazy_gettext("接手撤销单位的事"),
    "post.given": lazy_gettext("任职"),
    "post.ended": lazy_gettext("免职"),
}
# The field of a form that stands for what a command names.
_FIELDS = 64


def levels() -> list[tuple[str, str]]:
    """Levels to choose from."""
    return [(str(key), str(words)) for key, words in LEVELS.items()]


def kinds() -> list[tuple[str, str]]:
    """Kinds to choose from; a compartment is made on the server."""
    return [(str(key), str(words)) for key, words in KINDS.items() if key != UnitKind.COMPARTMENT]


def roles() -> list[tuple[str, str]]:
    """Roles to choose from, those many have first."""
    return [(str(role), str(POSTS[role])) for role in reversed(POSTS)]


def role_name(role: str) -> str:
    """What a role is called."""
    return str(POSTS[Role(role)]) if role in set(Role) else role


def units(choices: Sequence[tuple[str, Mapping[str, str]]]) -> list[tuple[str, str]]:
    """Units to choose from, in the page's language."""
    return [(key, i18n.pick(name)) for key, name in choices]


def colleagues(choices: Sequence[tuple[str, Mapping[str, str]]]) -> list[tuple[str, str]]:
    """People to choose from, with their login, as two may have one name."""
    return [(login, f"{i18n.pick(name)} {login}") for login, name in choices]


def act_words(act: Act) -> str:
    """What was done, in a few words."""
    words = str(ACTS.get(act.kind, act.kind))
    role = act.payload.get("role")
    return f"{words} {role_name(role)}" if role else words


def typed(*names: str) -> dict[str, str]:
    """What was typed into these controls, of a bounded length."""
    return {name: request.form.get(name, "")[:1000] for name in names}


def unit_said() -> UnitSaid:
    """The form of a unit."""
    form = typed(
        "name_zh", "name_en", "level", "kind", "territory", "contact", "phone", "email", "hours"
    )
    return UnitSaid(**form, capacity=_capacity())


def person_said() -> PersonSaid:
    """The form of a person."""
    return PersonSaid(**typed("name_zh", "name_en", "email", "mobile"), capacity=_capacity())


def post_said() -> Post:
    """The form of a post. Raises `InvalidAnswers` for a day that is none."""
    return Post(
        request.form.get("unit", "")[:_FIELDS],
        request.form.get("role", "")[:_FIELDS],
        day_said("from_on"),
        day_said("until_on"),
    )


def day_said(name: str) -> date | None:
    """A day, None where none was typed. Raises `InvalidAnswers`."""
    text = request.form.get(name, "").strip()[:20]
    if not text:
        return None
    try:
        return date.fromisoformat(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        fault = {"zh": "日期像这样：2026-11-02。", "en": "A date such as 2026-11-02."}
        raise InvalidAnswers({name: fault}) from None


def faults(error: InvalidAnswers) -> dict[str, str]:
    """What is wrong, by control, in the page's language."""
    return {name: i18n.pick(texts) for name, texts in error.fields.items()}


def fault_links(found: Mapping[str, str], prefix: str = "") -> list[tuple[str, str]]:
    """The same as a summary links it; prefix: of the controls' ids."""
    return [(f"{prefix}{name}", sentence) for name, sentence in found.items()]


def told_once(heading: str, secret: str, hint: str, back: str, done: str) -> Response:
    """A page with a secret that is never shown again, nor kept by a browser."""
    page = Response(
        render_template(
            "admin/once.html", heading=heading, secret=secret, hint=hint, back=back, done=done
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def tried(act: Callable[[], Any], page: Callable[[dict[str, str]], Any]) -> Any:
    """What `act` answers; the page again with what is wrong, if it refuses."""
    try:
        return act()
    except InvalidAnswers as error:
        return page(faults(error)), 422


def held_by_person(held: OfPerson) -> list[tuple[str, str]]:
    """What lies with a person, as labels and counts."""
    return [
        (label, i18n.count(number))
        for label, number in (
            (_("认领的待办"), held.tasks),
            (_("草稿"), held.drafts),
            (_("关注的诉求"), held.watches),
            (_("保存的视图"), held.views),
            (_("常用语"), held.phrases),
            (_("任职"), held.memberships),
            (_("接口令牌"), held.tokens),
            (_("替别人代办"), held.absences),
        )
    ]


def _capacity() -> int | None:
    text = request.form.get("capacity", "").strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def span(from_on: date | None, until_on: date | None) -> str:
    """The days of a post in words."""
    if from_on and until_on:
        return str(_("%(first)s 到 %(last)s", first=i18n.day(from_on), last=i18n.day(until_on)))
    if from_on:
        return str(_("%(first)s 起", first=i18n.day(from_on)))
    return str(_("到 %(last)s", last=i18n.day(until_on))) if until_on else ""
