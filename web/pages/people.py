"""People (人员): finding one, taking on, posts, a lost sign-in."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import staffing
from engine.errors import InvalidAnswers
from engine.models import Role
from engine.queries import organisation, roster
from web import administration, person_page
from web.administration import faults, tried
from web.permitted import permitted
from web.request import current_person, once, reading, transaction

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")
_MOST_PAGES = 100_000


@dataclass(frozen=True)
class Wanted:
    """Which people are asked for."""

    text: str = ""
    unit: str = ""
    role: str = ""
    left: bool = False
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.text or self.unit or self.role or self.left)


@blueprint.get("")
@permitted("admin")
def index() -> ResponseReturnValue:
    """The people in the administrator's care, and the form that takes one on."""
    return _list({"unit": request.args.get("unit", "")[:64], "role": str(Role.HANDLER)}, {})


@blueprint.post("")
@permitted("admin")
def take_on() -> ResponseReturnValue:
    """Take somebody on; the first password is shown once."""
    form = administration.typed("login", "unit", "role")
    said, first = administration.person_said(), staffing.issue()
    try:
        post = administration.post_said()
        with transaction() as session:
            login = form["login"].strip()
            person = staffing.take_on(session, login, said, post, first, by=current_person())
            key = person.id
    except InvalidAnswers as error:
        return _list({**asdict(said), **form}, faults(error)), 422
    return administration.told_once(
        _("加好了：%(login)s 的第一个密码", login=login),
        first.password,
        _("当面或打电话告诉本人；第一次登录后要换成自己的。"),
        url_for("people.show", person_id=key),
        _("看这个人"),
    )


@blueprint.get("/<uuid:person_id>")
@permitted("admin")
def show(person_id: UUID) -> ResponseReturnValue:
    """One person: posts, absences, sign-in, what is in hand."""
    return person_page.page(person_id)


@blueprint.post("/<uuid:person_id>")
@permitted("admin")
def change(person_id: UUID) -> ResponseReturnValue:
    """Say anew what is said about a person."""
    said = administration.person_said()

    def work(session: Session) -> str:
        changed = staffing.change(session, person_id, said, by=current_person())
        flash(_("存好了。") if changed else _("没有要改的。"))
        return url_for("people.show", person_id=person_id)

    return tried(  # type: ignore[no-any-return]
        lambda: once(work), lambda found: person_page.page(person_id, asdict(said), own=found)
    )


@blueprint.post("/<uuid:person_id>/posts")
@permitted("admin")
def give(person_id: UUID) -> ResponseReturnValue:
    """Give a post."""
    form = administration.typed("unit", "role", "from_on", "until_on")

    def work(session: Session) -> str:
        staffing.give(session, person_id, administration.post_said(), by=current_person())
        flash(_("任命好了。"))
        return url_for("people.show", person_id=person_id, _anchor="posts")

    return tried(lambda: once(work), lambda found: person_page.page(person_id, form, post=found))  # type: ignore[no-any-return]


@blueprint.post("/posts/<uuid:membership_id>/end")
@permitted("admin")
def end_post(membership_id: UUID) -> ResponseReturnValue:
    """Take a post away."""

    def work(session: Session) -> str:
        person_id = staffing.end(session, membership_id, by=current_person())
        flash(_("免去了。"))
        return url_for("people.show", person_id=person_id, _anchor="posts")

    try:
        return once(work)
    except InvalidAnswers as error:
        with reading() as session:
            person_id = roster.person_of_post(session, membership_id)
        return person_page.page(person_id, post=faults(error)), 422


@blueprint.post("/<uuid:person_id>/sign-in")
@permitted("admin")
def reset(person_id: UUID) -> ResponseReturnValue:
    """Give a new password, shown once, and end every session."""
    new = staffing.issue()
    with transaction() as session:
        staffing.reset_sign_in(session, person_id, new, by=current_person())
    return administration.told_once(
        _("新密码"),
        new.password,
        _("当面或打电话告诉本人；登录后要换成自己的。"),
        url_for("people.show", person_id=person_id),
        _("回到这个人"),
    )


def _list(values: dict[str, Any], found: dict[str, str]) -> str:
    actor, asked = current_person(), request.args
    wanted = Wanted(
        asked.get("q", "").strip()[:60],
        asked.get("unit", "")[:64],
        asked.get("role", "")[:32],
        bool(asked.get("left")),
        min(max(1, asked.get("page", 1, int)), _MOST_PAGES),
    )
    with reading() as session:
        lines, total = roster.people(
            session,
            actor,
            text=wanted.text if wanted.text.isprintable() else "",
            unit_key=wanted.unit,
            role=wanted.role,
            left=wanted.left,
            page=wanted.page,
        )
        units = organisation.choices(session, actor)
    return render_template(
        "admin/people.html",
        lines=lines,
        total=total,
        size=roster.PAGE,
        wanted=wanted,
        units=administration.units(units),
        roles=administration.roles(),
        role_name=administration.role_name,
        values=values,
        faults=found,
        fault_links=[
            (f"p-{name}" if name in {"unit", "role"} else name, said)
            for name, said in found.items()
        ],
    )
