"""The unit's side of supervision: interviews it is called to (约谈), what it has promised."""

from datetime import UTC, timedelta

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import interviews
from engine.errors import InvalidInput
from engine.queries import promised
from engine.queries.promised import Called
from web import i18n, promise_words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("called", __name__)
_LASTS = timedelta(hours=1, minutes=30)
_FOLDED = 70  # octets of a line of a calendar file, RFC 5545 section 3.1


@blueprint.get("/called")
@permitted("supervision.answer")
def index() -> str:
    """The interviews one's units are called to, and the promises that wait for their day."""
    return _page("", "")


@blueprint.post("/supervision/<number>/confirmation")
@permitted("supervision.answer")
def confirm(number: str) -> ResponseReturnValue:
    """Say that the unit comes, and who."""
    actor, coming = current_person(), request.form.get("coming", "").strip()

    def work(session: Session) -> str:
        interviews.confirm(session, number, coming, by=actor)
        flash(_("确认了，督办室看得到。"))
        return url_for("called.index")

    try:
        return once(work)
    except InvalidInput:
        fault = _("写明谁来：职务和姓名，最多 %(n)d 个字。", n=interviews.LONGEST)
        return _page(number, fault), 422


@blueprint.get("/supervision/<number>/interview.ics")
@permitted("supervision.called")
def calendar(number: str) -> Response:
    """The interview as a file for a calendar."""
    with reading() as session:
        call = promised.newest_call(session, current_person(), number)
    answer = Response(_ics(call), mimetype="text/calendar")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{call.number}.ics")
    return answer


def _page(number: str, fault: str) -> str:
    actor = current_person()
    with reading() as session:
        calls = promised.own_calls(session, actor)
        promises = promised.own(session, actor)
    return render_template(
        "called/index.html",
        calls=calls,
        promises=promises,
        words=promise_words,
        faulty=number,
        fault=fault,
        fault_links=[(f"coming-{number}", fault)] if fault else [],
        longest=interviews.LONGEST,
    )


def _ics(call: Called) -> str:
    """One event, as RFC 5545 wants it."""
    begins = call.held_at.astimezone(UTC)
    said = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Huiyin//Supervision//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{call.id.hex}@huiyin",
        f"DTSTAMP:{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
        f"DTEND:{begins + _LASTS:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_escaped(_('约谈：%(unit)s', unit=i18n.pick(call.unit)))}",
        f"LOCATION:{_escaped(call.place)}",
        f"DESCRIPTION:{_escaped(_described(call))}",
        "STATUS:CANCELLED" if call.status == "moved" else "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{line}\r\n" for text in said for line in _fold(text))


def _described(call: Called) -> str:
    told = [_("通知：%(number)s", number=call.number)]
    if call.bring:
        told.append(_("要带：%(what)s", what=call.bring))
    if call.contact:
        told.append(_("联系人：%(who)s", who=call.contact))
    return "\n".join(told)


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, "\\" + mark)
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _fold(line: str) -> list[str]:
    """Lines of no more octets than allowed, never cut within a character."""
    lines, begun = [], ""
    for sign in line:
        if len((begun + sign).encode()) > _FOLDED:
            lines.append(begun)
            begun = " "
        begun += sign
    return [*lines, begun]
