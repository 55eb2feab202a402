"""Rules over many cases (督办规则): made, tried on the past, switched on and off."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine.commands import rules
from engine.errors import Conflict, InvalidAnswers
from engine.permissions import GRANTS, may
from engine.queries import rules as kept
from engine.queries.rule_windows import PAGE
from engine.queries.rules import Opened
from engine.rules.definition import LONGEST_NAME, MOST_DAYS, MOST_NUMBER, Draft
from web import i18n
from web import rule_words as words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("rules", __name__, url_prefix="/supervision/rules")

_FIELDS = ("name_zh", "name_en", "counts", "number", "days", "clock", "rung", "left")
_USUAL = {
    "counts": "overdue",
    "number": "10",
    "days": "30",
    "clock": "calendar",
    "rung": "interview",
    "left": "0",
}
Said = Mapping[str, Any]


@blueprint.get("")
@permitted("supervision.read")
def index() -> ResponseReturnValue:
    """Every rule of one's offices, and a form for another."""
    return _list({**_USUAL})


@blueprint.post("")
@permitted("rules.change")
def make() -> ResponseReturnValue:
    """Write a new one; it is off."""
    actor, typed = current_person(), _typed()

    def work(session: Session) -> str:
        key = rules.make(session, typed["office"], _draft(typed), by=actor)
        return url_for("rules.show", key=key)

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _list(typed, error.fields), 422
    flash(_("存好了，还没有启用。先试算过去一年，看会触发哪些。"))
    return answer


@blueprint.get("/<key>")
@permitted("supervision.read")
def show(key: str) -> ResponseReturnValue:
    """One rule: what it says, its dry run, what it did."""
    return _page(key)


@blueprint.post("/<key>")
@permitted("rules.change")
def change(key: str) -> ResponseReturnValue:
    """Write its next version."""
    actor, typed = current_person(), _typed()

    def work(session: Session) -> str:
        number = rules.change(session, key, _draft(typed), by=actor)
        flash(_("存成第 %(n)s 版，还没有启用。先试算过去一年。", n=number))
        return url_for("rules.show", key=key)

    try:
        return once(work)
    except InvalidAnswers as error:
        return _page(key, typed=typed, faults=error.fields), 422
    except Conflict:
        return _page(key, typed=typed, note=_("没有存成新版：和现在的一样。")), 409


@blueprint.post("/<key>/trial")
@permitted("rules.change")
def try_out(key: str) -> ResponseReturnValue:
    """Try it on the last year."""
    actor = current_person()
    with reading() as session:
        tried = rules.try_out(session, key, by=actor)

    def work(session: Session) -> str:
        rules.keep_trial(session, key, tried, by=actor)
        return url_for("rules.show", key=key) + "#trial"

    try:
        answer = once(work)
    except Conflict:
        return _page(key, note=_("试算没有留下：规则刚被改成了新版，再试一次。")), 409
    times = len(tried.firings)
    flash(ngettext("试算好了：会触发 %(num)d 次。", "试算好了：会触发 %(num)d 次。", times))
    return answer


@blueprint.post("/<key>/on")
@permitted("rules.change")
def switch_on(key: str) -> ResponseReturnValue:
    """Let it hold."""
    said = _("启用了。后台每几分钟看一次，够数就自动督办。")
    return _switch(key, rules.switch_on, said, _("没有启用：要先试算这一版，或者它已经启用了。"))


@blueprint.post("/<key>/off")
@permitted("rules.change")
def switch_off(key: str) -> ResponseReturnValue:
    """Let it hold no more."""
    said = _("停用了。已经开始的督办照常走完。")
    return _switch(key, rules.switch_off, said, _("没有再停一次：它已经停用了。"))


def _switch(key: str, act: Callable[..., None], done: str, late: str) -> ResponseReturnValue:
    actor, reason = current_person(), request.form.get("reason", "")

    def work(session: Session) -> str:
        act(session, key, reason, by=actor)
        return url_for("rules.show", key=key)

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _page(key, reason=reason, faults=error.fields), 422
    except Conflict:
        return _page(key, reason=reason, note=late), 409
    flash(done)
    return answer


def _typed() -> dict[str, str]:
    form = request.form
    return {name: form.get(name, "")[:200] for name in (*_FIELDS, "office")}


def _draft(typed: Mapping[str, str]) -> Draft:
    return Draft(**{name: typed[name] for name in _FIELDS})


def _list(typed: Mapping[str, str], faults: Said | None = None) -> str:
    actor = current_person()
    with reading() as session:
        known = kept.listed(session, actor)
        offices = kept.offices(session, actor) if may(actor, "rules.change") else {}
    return render_template(
        "rules/index.html",
        known=known,
        offices=offices,
        may_change=bool(offices),
        **_form(typed, faults),
    )


def _page(
    key: str,
    *,
    typed: Mapping[str, str] | None = None,
    reason: str = "",
    faults: Said | None = None,
    note: str = "",
) -> str:
    actor, page = current_person(), request.args.get("page", "1")
    with reading() as session:
        opened = kept.opened(
            session, actor, key, int(page) if page.isdecimal() and len(page) < 5 else 1
        )
    known = opened.known
    may_change = any(actor.acts_for(role, known.office_key) for role in GRANTS["rules.change"])
    return render_template(
        "rules/show.html",
        one=opened,
        known=known,
        state=words.state(known),
        may_change=may_change,
        changing=typed is not None,
        reason=reason,
        longest_reason=rules.LONGEST_REASON,
        page_size=PAGE,
        note=note,
        **_form(_of(opened) if typed is None else typed, faults),
    )


def _form(typed: Mapping[str, str], faults: Said | None) -> dict[str, object]:
    told = {name: i18n.pick(said) for name, said in (faults or {}).items()}
    return {
        "typed": typed,
        "faults": told,
        "fault_links": [(f"r-{name}", said) for name, said in told.items()],
        "words": words,
        "longest_name": LONGEST_NAME,
        "most_number": MOST_NUMBER,
        "most_days": MOST_DAYS,
    }


def _of(opened: Opened) -> dict[str, str]:
    known = opened.known
    content = {name: str(value) for name, value in known.rule.content().items()}
    return {**content, "name_zh": known.name["zh"], "name_en": known.name["en"]}
