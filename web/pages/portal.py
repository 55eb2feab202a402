"""The citizens' first page, and saying something in three small steps.

What was typed travels in the form itself from step to step, so nothing of it is kept here before
it is handed in, and nothing is lost going back.
"""

import base64
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from flask import (
    Blueprint,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from limits import parse
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from engine import clock
from engine.cleaning import cleaned_line
from engine.commands import cases
from engine.commands.cases import Said
from engine.errors import Conflict, InvalidAnswers
from engine.identity import Reporter, normal_phone
from engine.packs import Pack
from engine.queries import portal, tracking
from web import course, following, i18n, problems
from web.permitted import public
from web.request import first_answer, installation, reading
from web.security import limiter

blueprint = Blueprint("portal", __name__)

# The steps and the fields each of them asks; `check` shows them all.
STEPS = {
    "what": ("body", "category"),
    "where": ("place",),
    "contact": ("name", "phone", "confidential"),
    "check": (),
}
PERIOD = timedelta(days=30)
NUMBERS_KEPT_FOR = timedelta(minutes=10)
# The confirmation may be read again for so long, by the browser that sent it and nobody else.
SHOWN_FOR = timedelta(minutes=15)
# Sent from one address; an internet café or a town hall's kiosk stays below it.
_SENT = parse("60 per hour")
_RECEIVED = "received"


@dataclass(frozen=True)
class Draft:
    """What was typed so far, as it was typed."""

    pack: str = ""
    body: str = ""
    category: str = ""
    place: str = ""
    name: str = ""
    phone: str = ""
    confidential: str = ""

    @classmethod
    def of(cls, posted: MultiDict[str, str]) -> Self:
        """The draft in a form. NUL is no text: a database refuses it."""
        return cls(**{f.name: posted.get(f.name, "").replace("\0", "") for f in fields(cls)})

    @property
    def said(self) -> Said:
        """As the engine takes it in."""
        return Said(
            channel=portal.CHANNEL,
            title="",
            body=self.body,
            reporter=Reporter(cleaned_line(self.name), self.phone),
            place=self.place,
            category=self.category,
            confidential=bool(self.confidential),
        )


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    """Two doors, what one may say, what happens next, and how it went so far."""
    with reading() as session:
        takers = portal.takers(session)
        numbers = _numbers(session)
    return render_template(
        "portal/index.html",
        groups=[
            (pack, _tiles(pack), course.sure_budget(pack.limits.get("contact"))) for pack in takers
        ],
        numbers=numbers if numbers.received else None,
    )


@blueprint.get("/submit")
@public
def submit() -> ResponseReturnValue:
    """The first step; before it, which office, where more than one takes what is said."""
    with reading() as session:
        takers = portal.takers(session)
    chosen = request.args.get("pack", "")
    pack = next((p for p in takers if p.key == chosen), None)
    if pack is None and len(takers) == 1:
        pack = takers[0]
    if pack is None:
        return render_template("portal/choose.html", packs=takers)
    category = request.args.get("category", "")
    known = category if pack.item("categories", category) else ""
    return _step("what", Draft(pack=pack.key, category=known), pack)


@blueprint.post("/submit")
@public
def go_on() -> ResponseReturnValue:
    """One step on, back, or to any step; `send` hands it in."""
    draft = Draft.of(request.form)
    pack = _pack_of(draft)
    if pack is None:
        return redirect(url_for("portal.submit"), code=303)
    at = request.form.get("at", "")
    at = at if at in STEPS else "what"
    go = request.form.get("go", "next")
    names = list(STEPS)
    if go == "back":
        go = names[max(names.index(at) - 1, 0)]
    if go == "stay":  # another language
        go = at
    if go in STEPS:
        return _step(go, draft, pack)
    if at == "check":
        return _send(draft, pack)
    wrong = {f: said for f, said in cases.faults(pack, draft.said).items() if f in STEPS[at]}
    if wrong:
        return _step(at, draft, pack, faults=wrong, status=422)
    return _step(names[names.index(at) + 1], draft, pack)


@blueprint.get("/submit/received")
@public
def received() -> ResponseReturnValue:
    """Number and code, what happens next and until when; in this browser, for a while."""
    kept = browser.get(_RECEIVED)
    if kept is None or datetime.fromisoformat(kept["until"]) < clock.now():
        return render_template("portal/gone.html")
    with reading() as session:
        found = tracking.course(session, UUID(hex=kept["case"]))
    return render_template(
        "portal/received.html",
        number=kept["number"],
        code=kept["code"],
        phone_end=kept["phone_end"],
        course=found,
        now=[i18n.pick(words) for words in found.now],
        coming=course.coming(found),
        dates=course.dates(found),
        contact=course.sure_budget(found.pack.limits.get("contact")),
    )


@blueprint.get("/privacy")
@public
def privacy() -> str:
    """What is kept of a citizen, where, and who sees it."""
    return render_template("portal/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """What these pages do for everybody, and what nobody has checked yet."""
    return render_template("portal/accessibility.html")


@blueprint.errorhandler(CSRFError)
def _expired(_error: CSRFError) -> ResponseReturnValue:
    """The page lay open too long: the same step again, with all that was typed."""
    draft = Draft.of(request.form)
    pack = _pack_of(draft)
    if pack is None:
        return redirect(url_for("portal.submit"), code=303)
    at = request.form.get("at", "")
    note = _("这一页开得太久了，没有交出去。内容都在，再按一次就好。")
    return _step(at if at in STEPS else "what", draft, pack, note=note, status=400)


@blueprint.errorhandler(413)
def _too_much(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """More than any honest text: it was not even read."""
    return problems.page(
        problems.HTTP_PROBLEMS[413]._replace(
            advice=_(
                "文字最多 %(max)s 字。回到上一页，写短一点再交。",
                max=i18n.count(cases.LONGEST_BODY),
            )
        )
    )


def _send(draft: Draft, pack: Pack) -> ResponseReturnValue:
    vault = installation().vault
    whence = ("said from", request.remote_addr or "")
    if not limiter.limiter.test(_SENT, *whence):
        note = _("从您这里一小时内交来的太多了，没有交出去。过一小时再交，或者拨打 12345。")
        return _step("check", draft, pack, note=note, status=429)

    def work(session: Session) -> dict[str, Any]:
        taken = cases.receive(session, vault, pack.key, draft.said)
        # The code is as secret as a person: only sealed may it lie in the database.
        sealed = vault.seal(Reporter(name=taken.code))
        return {
            "case": taken.case_id.hex,
            "number": taken.number,
            "key_id": sealed.key_id,
            "code": base64.b64encode(sealed.sealed).decode(),
        }

    try:
        answer = first_answer(work)
    except InvalidAnswers as error:
        step = next((s for s, asked in STEPS.items() if set(asked) & set(error.fields)), "what")
        return _step(step, draft, pack, faults=error.fields, status=422)
    except Conflict:
        note = _("这一次没有交出去，内容都在。看一眼，再按一次「交出去」。")
        return _step("check", draft, pack, note=note, status=409)
    limiter.limiter.hit(_SENT, *whence)
    case_id = UUID(hex=answer["case"])
    browser[_RECEIVED] = {
        "case": case_id.hex,
        "number": answer["number"],
        "code": vault.open(answer["key_id"], base64.b64decode(answer["code"])).name,
        "phone_end": normal_phone(draft.phone)[-4:],
        "until": (clock.now() + SHOWN_FOR).isoformat(),
    }
    following.open_for_a_while(case_id)
    return redirect(url_for("portal.received"), code=303)


def _step(
    step: str,
    draft: Draft,
    pack: Pack,
    *,
    faults: Any = None,
    note: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    faults = faults or {}
    kept = [f.name for f in fields(Draft) if f.name not in STEPS[step]]
    page = render_template(
        f"portal/{step}.html",
        step=step,
        at=list(STEPS).index(step) + 1,
        draft=draft,
        kept=[(name, getattr(draft, name)) for name in kept],
        pack=pack,
        categories=pack.items("categories"),
        category=pack.item("categories", draft.category),
        faults=faults,
        fault_links=[
            (name if name in STEPS[step] else "main", i18n.pick(said))
            for name, said in faults.items()
        ],
        note=note,
        longest=cases.LONGEST_BODY,
    )
    response = make_response(page, status)
    # Kept by this browser alone, so that its Back button finds what was typed.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _pack_of(draft: Draft) -> Pack | None:
    with reading() as session:
        return next((pack for pack in portal.takers(session) if pack.key == draft.pack), None)


def _tiles(pack: Pack) -> list[dict[str, Any]]:
    """The upper categories, each with examples: the pack's own, or what is below it."""
    entries = pack.items("categories")
    return [
        {
            "key": entry["key"],
            "name": i18n.pick(entry),
            "below": i18n.pick(entry.get("examples"))
            or _("、").join(i18n.pick(e) for e in entries if e.get("parent") == entry["key"]),
        }
        for entry in entries
        if not entry.get("parent")
    ]


def _numbers(session: Session) -> portal.Numbers:
    """The public numbers, counted again every ten minutes in each process."""
    kept: portal.Numbers | None = current_app.extensions.get("huiyin.numbers")
    now = clock.now()
    if kept is None or not kept.until <= now < kept.until + NUMBERS_KEPT_FOR:
        kept = portal.numbers(session, now - PERIOD, now)
        current_app.extensions["huiyin.numbers"] = kept
    return kept
