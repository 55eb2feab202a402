"""What a unit promised on a ladder (承诺), whether it kept it, and how long it is watched."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import promises, rectifications
from engine.errors import Conflict, InvalidAnswers, InvalidInput
from engine.queries import promised
from engine.queries import supervisions as ladders
from engine.rules.definition import Counts
from web import i18n, promise_words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("promises", __name__, url_prefix="/supervision")
_FIELDS = ("text", "who", "due_on", "judged_by")
_RULE = ("counts", "at_most", "months")
_USUAL = {"counts": str(Counts.OVERDUE), "at_most": "0", "months": "3"}


@blueprint.get("/<number>/promises")
@permitted("supervision.read")
def index(number: str) -> ResponseReturnValue:
    """The promises of a ladder, and what they are watched for."""
    return _page(number, {}, {})


@blueprint.post("/<number>/promises")
@permitted("supervision.start")
def add(number: str) -> ResponseReturnValue:
    """Write one more promise down."""
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    actor = current_person()
    due_on, faults = _read(typed)
    if faults or due_on is None:
        return _page(number, typed, faults), 422

    def work(session: Session) -> str:
        promises.add(
            session,
            number,
            typed["text"],
            due_on,
            typed["judged_by"],
            by=actor,
            who=typed["who"],
        )
        flash(_("记下了，%(on)s过后自己查。", on=i18n.day(due_on)))
        return url_for("promises.index", number=number)

    try:
        return once(work)
    except InvalidAnswers as error:
        return _page(number, typed, {"due_on": i18n.pick(error.fields["cure_by"])}), 422


@blueprint.post("/<number>/promises/judgement")
@permitted("supervision.start")
def judge(number: str) -> ResponseReturnValue:
    """Say whether a promise was kept that only a person can judge."""
    actor, kept = current_person(), request.form.get("kept") == "yes"
    remark, promise_id = request.form.get("remark", "").strip(), _named(number)

    def work(session: Session) -> str:
        promises.judge(session, promise_id, kept, remark, by=actor)
        flash(_("记下了：兑现了。") if kept else _("记下了：没兑现，督办往上走一级。"))
        return url_for("promises.index", number=number)

    try:
        return once(work)
    except InvalidInput:
        fault = _("写一句去看了什么，最多 %(n)d 个字。", n=promises.LONGEST)
        return _page(number, {}, {f"remark-{promise_id.hex}": fault}), 422


@blueprint.post("/<number>/promises/release")
@permitted("supervision.start")
def release(number: str) -> ResponseReturnValue:
    """Let everybody read a promise."""
    actor, promise_id = current_person(), _named(number)

    def work(session: Session) -> str:
        promises.release(session, promise_id, by=actor)
        return url_for("promises.index", number=number)

    answer = once(work)
    told: Any = {
        "text": _("公开了，人人看得到。"),
        "url": url_for("public.index"),
        "label": _("看公开承诺"),
    }
    flash(told)
    return answer


@blueprint.post("/<number>/rectification")
@permitted("supervision.start")
def watch(number: str) -> ResponseReturnValue:
    """Watch the unit until its stop rule is met."""
    typed = {name: request.form.get(name, "").strip() for name in _RULE}
    actor, faults = current_person(), {}
    for name, least, most in (
        ("at_most", 0, rectifications.MOST),
        ("months", 1, rectifications.MOST_MONTHS),
    ):
        said = typed[name]
        if not (said.isascii() and said.isdecimal() and len(said) < 6 and _in(said, least, most)):
            faults[name] = _("写一个 %(a)d 到 %(b)d 的整数。", a=least, b=most)
    if typed["counts"] not in set(Counts):
        faults["counts"] = _("选一项。")
    if faults:
        return _page(number, typed, faults), 422

    def work(session: Session) -> str:
        rectifications.begin(
            session, number, typed["counts"], int(typed["at_most"]), int(typed["months"]), by=actor
        )
        flash(_("开始跟踪，每满一个月自己数一次。"))
        return url_for("promises.index", number=number)

    try:
        return once(work)
    except Conflict:
        return _page(number, typed, {"counts": _("这个单位已经在为这一项跟踪了。")}), 409


def _named(number: str) -> UUID:
    """The promise that the form names, which is one of this ladder.

    Raises what stands in the way of the ladder, and `InvalidInput` if it is none of its promises.
    """
    with reading() as session:
        climb = ladders.ladder(session, current_person(), number)
        known = {one.id.hex: one.id for one in promised.of_ladder(session, climb.id)}
    named = request.form.get("promise", "")
    if named not in known:
        raise InvalidInput("promise", "one of this ladder's promises", named[:40])
    return known[named]


def _in(said: str, least: int, most: int) -> bool:
    return least <= int(said) <= most


def _read(typed: dict[str, str]) -> tuple[date | None, dict[str, str]]:
    """The day, and what is wrong with each field."""
    faults: dict[str, str] = {}
    if not typed["text"] or len(typed["text"]) > promises.LONGEST:
        faults["text"] = _("写答应了什么，最多 %(n)d 个字。", n=promises.LONGEST)
    if len(typed["who"]) > promises.LONGEST_NAME:
        faults["who"] = _("最多 %(n)d 个字。", n=promises.LONGEST_NAME)
    if typed["judged_by"] not in promise_words.TESTS:
        faults["judged_by"] = _("选一项。")
    try:
        return date.fromisoformat(typed["due_on"]), faults
    except ValueError:
        return None, {**faults, "due_on": _("写明到哪一天。")}


def _page(number: str, typed: dict[str, str], faults: dict[str, str]) -> str:
    with reading() as session:
        climb = ladders.ladder(session, current_person(), number)
        made: list[Any] = list(promised.of_ladder(session, climb.id))
        watched = promised.watched(session, climb.id)
    places = {name: f"r-{name}" if name in _RULE else f"p-{name}" for name in faults}
    return render_template(
        "promises/index.html",
        climb=climb,
        promises=made,
        watched=watched,
        typed={**_USUAL, **typed},
        faults=faults,
        fault_links=[
            (name if name.startswith("remark-") else places[name], text)
            for name, text in faults.items()
        ],
        words=promise_words,
        longest=promises.LONGEST,
        longest_name=promises.LONGEST_NAME,
    )
