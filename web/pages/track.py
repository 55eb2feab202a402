"""Following a case: by its code and the last digits of the phone, then from the session."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import parse

from engine.errors import NotFound
from engine.identity import normal_code
from engine.queries import parts, tracking
from web import course, following, i18n
from web.permitted import public
from web.request import installation, reading
from web.security import closed_until, limiter

blueprint = Blueprint("track", __name__, url_prefix="/track")

# After three misses one waits: from one address, and for one code wherever it is tried from.
# Each process counts for itself, so n processes let 3n tries pass in five minutes: the code has
# 49 bits, and whoever holds it needs about 10,000 tries for the digits.
_MISSES = parse("3 per 5 minutes")
_ROUND_UP = timedelta(seconds=59)  # the time is told in whole minutes


@blueprint.get("")
@public
def index() -> ResponseReturnValue:
    """Ask for the code."""
    return _page()


@blueprint.post("")
@public
def find() -> ResponseReturnValue:
    """Look for the case; whatever does not match gets the same answer."""
    code = request.form.get("code", "")[:40]
    digits = request.form.get("digits", "")[:20]
    keys = _keys(code)
    until = closed_until(_MISSES, keys)
    case_id = None
    if until is None:
        with reading() as db_session:
            case_id = tracking.find(db_session, installation().vault, code, digits)
        if case_id is not None:
            limiter.limiter.clear(_MISSES, *keys[-1])
            following.open_for_a_while(case_id)
            return redirect(url_for("track.show"), code=303)
        for key in keys:
            limiter.limiter.hit(_MISSES, *key)
        until = closed_until(_MISSES, keys)
    fault = (
        _("三次没有对上。%(at)s 以后再试。", at=i18n.time_of_day(until + _ROUND_UP))
        if until
        else _("没有对上。核对查询码和手机后四位；三次后等 5 分钟。")
    )
    return _page(code=code, fault=fault), 429 if until else 422


@blueprint.get("/case")
@public
def show() -> ResponseReturnValue:
    """The case this session may look at."""
    case_id = following.case()
    if case_id is None:
        return redirect(url_for("track.index"), code=303)
    try:
        with reading() as db_session:
            found = tracking.course(db_session, case_id)
            every = parts.for_citizen(db_session, installation().vault, case_id, found.split)
    except NotFound:  # erased since
        following.close()
        return redirect(url_for("track.index"), code=303)
    following.open_for_a_while(case_id)
    return render_template(
        "track/show.html",
        course=found,
        parts=every,
        headline=course.headline(found),
        stages=course.stages(found),
        lines=course.lines(found),
        dates=course.dates(found),
    )


@blueprint.post("/part")
@public
def part() -> ResponseReturnValue:
    """Go over to another case that was made of what the same person said at once."""
    case_id, wanted = following.case(), request.form.get("number", "")[:40]
    if case_id is not None:
        with reading() as db_session:
            every = parts.for_citizen(db_session, installation().vault, case_id, split=True)
        chosen = next((one for one in every if one.number == wanted), None)
        if chosen is not None:
            following.open_for_a_while(chosen.case_id)
    return redirect(url_for("track.show"), code=303)


@blueprint.post("/close")
@public
def close() -> ResponseReturnValue:
    """Forget the case, for a computer that others use too."""
    following.close()
    return redirect(url_for("track.index"), code=303)


def _page(code: str = "", fault: str = "") -> str:
    return render_template(
        "track/index.html",
        code=code,
        fault=fault,
        fault_links=[("code", fault)] if fault else [],
    )


def _keys(code: str) -> list[tuple[str, str]]:
    whence, tried = ("track from", request.remote_addr or ""), ("track code", normal_code(code))
    return [whence, tried] if tried[1] else [whence]
