"""Absences (外出和代办): who is or will be away, writing one down, ending it."""

from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import absences
from engine.queries import people as seen
from engine.queries import roster
from web import administration, person_page
from web.administration import tried
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("absences", __name__, url_prefix="/admin")


@blueprint.get("/absences")
@permitted("admin")
def index() -> ResponseReturnValue:
    """Who is or will be away, soonest first."""
    with reading() as session:
        lines = roster.absences(session, current_person(), absences.today(session))
    return render_template("admin/absences.html", lines=lines, span=administration.span)


@blueprint.post("/people/<uuid:person_id>/absences")
@permitted("admin")
def write(person_id: UUID) -> ResponseReturnValue:
    """Write an absence down."""
    form = administration.typed("from_on", "until_on", "substitute", "reason")

    def work(session: Session) -> str:
        login = form["substitute"].strip()
        instead = seen.by_login(session, login).id if login else None
        first, last = administration.day_said("from_on"), administration.day_said("until_on")
        absences.write_down(
            session, person_id, instead, first, last, form["reason"], by=current_person()
        )
        flash(_("记下了。那几天，代办的人能办他的事，记录里两个名字都写。"))
        return url_for("people.show", person_id=person_id, _anchor="absences")

    return tried(  # type: ignore[no-any-return]
        lambda: once(work), lambda found: person_page.page(person_id, form, away=found)
    )


@blueprint.post("/absences/<uuid:absence_id>/end")
@permitted("admin")
def end(absence_id: UUID) -> ResponseReturnValue:
    """End one now."""

    def work(session: Session) -> str:
        person_id = absences.end(session, absence_id, by=current_person())
        flash(_("结束了，代办到此为止。"))
        return url_for("people.show", person_id=person_id, _anchor="absences")

    return once(work)
