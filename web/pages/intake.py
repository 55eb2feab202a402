"""The clerk's desk (登记台): phone, visit and letter are written down while somebody speaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine.cleaning import cleaned_line
from engine.commands import cases, incidents, intake
from engine.commands.cases import Received, Said
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound, StepFailed
from engine.identity import Reporter
from engine.queries import alike, earlier, proposals, tracking
from engine.queries import intake as desks_of
from engine.queries.alike import Alike
from engine.queries.earlier import Earlier
from engine.queries.intake import Desk
from engine.queries.proposals import Asked
from web import course, i18n, receipts, schema_form, screening_desk
from web.case_words import RESULTS, STATUS
from web.permitted import permitted
from web.request import current_person, first_answer, installation, reading, transaction

blueprint = Blueprint("intake", __name__, url_prefix="/intake")

Texts = Mapping[str, str]
_RECEIPT = "entered"
# What the clerk writes down beside the fields of the record.
OWN = ("channel", "phone", "name", "body")
# What is kept of a call that said nothing but this.
_URGED = "来催办，问进展。"
_LONGEST_TAKEN = 200


@dataclass(frozen=True)
class Typed:
    """What stands in the form."""

    channel: str = ""
    phone: str = ""
    name: str = ""
    body: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, posted: MultiDict[str, str], desk: Desk) -> "Typed":
        """As it was posted. NUL is no text: a database refuses it."""
        own = {name: posted.get(name, "").replace("\0", "") for name in OWN}
        if own["channel"] not in desk.offices:
            own["channel"] = ""
        return cls(**own, answers=schema_form.answers(desk.schema, posted, installation().zone))

    def text(self, name: str) -> str:
        """An answer of the record's form that is a text."""
        said = self.answers.get(name, "")
        return said if isinstance(said, str) else ""

    @property
    def said(self) -> Said:
        """As the engine takes it in."""
        return Said(
            channel=self.channel,
            title=self.text("title"),
            body=self.body,
            reporter=Reporter(cleaned_line(self.name), self.phone),
            place=self.text("place"),
            category=self.text("category"),
            confidential=self.answers.get("confidential") is True,
        )

    def record(self) -> dict[str, Any]:
        """The answers of the record; a title that was not written is what was said first."""
        title = self.text("title") or intake.first_words(self.body)
        return {**self.answers, **({"title": title} if title else {})}


@blueprint.get("")
@permitted("contact.enter")
def index() -> ResponseReturnValue:
    """An empty form, the cursor in it."""
    desks = _desks()
    desk = _chosen(desks, request.args.get("pack", ""))
    if desk is None:
        return render_template("intake/closed.html"), 404
    channel, known = request.args.get("channel", ""), desk.offices
    first = desk.channels[0]["key"]
    return _page(desks, desk, Typed(channel=channel if channel in known else first))


@blueprint.post("")
@permitted("contact.enter")
def enter() -> ResponseReturnValue:
    """Take it in; whatever is refused keeps what was typed."""
    desks, desk, typed = _posted()
    actor, vault = current_person(), installation().vault
    complete = desk.completes and request.form.get("then") != "leave"
    record = typed.record() if complete else None

    def work(session: Session) -> dict[str, Any]:
        taken = intake.take_in(session, vault, desk.pack.key, typed.said, record, by=actor)
        return _receipt(desk, typed, taken.received, completed=taken.completed)

    return _taken(desks, desk, typed, work)


@blueprint.post("/same")
@permitted("contact.enter")
def add() -> ResponseReturnValue:
    """The same person about the same case: no new one, a contact more."""
    desks, desk, typed = _posted()
    actor, vault = current_person(), installation().vault
    urged = request.form.get("urge", "")
    number, said = urged or request.form.get("number", ""), typed.said
    if urged and not said.body.strip():
        said = replace(said, body=_URGED)

    def work(session: Session) -> dict[str, Any]:
        taken = cases.add_contact(session, vault, number, said, by=actor)
        return _receipt(desk, typed, taken, completed=True, added=True)

    return _taken(desks, desk, typed, work)


@blueprint.post("/look")
@permitted("contact.enter")
def look() -> ResponseReturnValue:
    """What is known of this phone and of this matter; posted, so that no address names anybody."""
    desks, desk, typed = _posted()
    if said := request.form.get("take", "")[:_LONGEST_TAKEN]:
        typed = replace(typed, answers=screening_desk.taken(typed.answers, said, desk.schema))
    if request.headers.get("HX-Request"):
        return render_template("intake/_known.html", **_known(desk, typed))
    return _page(desks, desk, typed)


@blueprint.get("/received")
@permitted("contact.enter")
def received() -> ResponseReturnValue:
    """Number and code, to be read out; in this browser, for a while."""
    kept = receipts.shown(_RECEIPT)
    if kept is None:
        return redirect(url_for("intake.index"), code=303)
    try:
        with reading() as session:
            found = tracking.course(session, UUID(hex=kept["case"]))
    except NotFound:  # erased since
        return redirect(url_for("intake.index"), code=303)
    return render_template(
        "intake/received.html",
        kept=kept,
        course=found,
        coming=course.coming(found),
        contact=course.sure_budget(found.pack.limits.get("contact")),
    )


def _posted() -> tuple[Sequence[Desk], Desk, Typed]:
    """The clerk's desks, the one that posted, and what was typed at it."""
    desks = _desks()
    desk = _chosen(desks, request.form.get("pack", ""))
    if desk is None:
        raise NotAllowed
    return desks, desk, Typed.of(request.form, desk)


def _receipt(desk: Desk, typed: Typed, taken: Received, **more: bool) -> dict[str, Any]:
    """What the page of the receipt shows, its code sealed."""
    return receipts.sealed(
        taken.code,
        case=taken.case_id.hex,
        number=taken.number,
        pack=desk.pack.key,
        channel=typed.channel,
        **more,
    )


def _taken(
    desks: Sequence[Desk], desk: Desk, typed: Typed, work: Callable[[Session], dict[str, Any]]
) -> ResponseReturnValue:
    try:
        answer = first_answer(work)
    except InvalidAnswers as error:
        return _page(desks, desk, typed, faults=error.fields), 422
    except Conflict:
        note = _("没有存上，一个字也没写进去。您写的还在下面，再交一次即可。")
        return _page(desks, desk, typed, note=note), 409
    except StepFailed as error:
        with transaction() as session:
            incidents.record(session, error, source="contact", source_id=None, instance_id=None)
        note = _("没有登记上：流程停在一步上，管理员已收到。您写的还在下面。")
        return _page(desks, desk, typed, note=note), 500
    receipts.show(_RECEIPT, answer)
    return redirect(url_for("intake.received"), code=303)


def _page(
    desks: Sequence[Desk],
    desk: Desk,
    typed: Typed,
    *,
    faults: Mapping[str, Texts] | None = None,
    note: str = "",
) -> str:
    faults = faults or {}
    schema = _relaxed(desk.schema)
    own = [(name, i18n.pick(faults[name])) for name in OWN if name in faults]
    of_record = {name: said for name, said in faults.items() if name not in OWN}
    return render_template(
        "intake/index.html",
        tabs=[
            {
                "label": i18n.pick(one.pack.name),
                "url": url_for("intake.index", pack=one.pack.key),
                "current": one.pack.key == desk.pack.key,
            }
            for one in desks
        ],
        typed=typed,
        rows=schema_form.rows(
            schema,
            installation().zone,
            options=desk.options,
            values=typed.answers or None,
            faults=of_record,
        ),
        faults=faults,
        fault_links=own + schema_form.fault_links(schema, of_record),
        note=note,
        longest=cases.LONGEST_BODY,
        **_known(desk, typed),
    )


def _known(desk: Desk, typed: Typed) -> dict[str, Any]:
    """What is known of the phone, and of the matter as far as it is written down."""
    actor = current_person()
    before: Sequence[Earlier] = ()
    like: Sequence[Alike] = ()
    office = desk.offices.get(typed.channel) or next(iter(desk.offices.values()))
    asked, vault = earlier.is_phone(typed.phone), installation().vault
    title, place = typed.text("title"), cleaned_line(typed.text("place"))
    category = typed.text("category")
    with reading() as session:
        if asked:
            before = earlier.by_phone(session, vault, actor, typed.phone)
        if title or place or typed.body.strip():
            like = alike.found(
                session,
                actor,
                office,
                title=title or intake.first_words(typed.body),
                body=typed.body[: cases.LONGEST_BODY],
                place=place,
                category=category,
            )
        found = proposals.proposed(
            session,
            actor,
            desk.pack,
            office,
            Asked(title, typed.body[: cases.LONGEST_BODY], facts=_facts(typed)),
        )
    numbers = {one.number for one in before}
    return {
        "desk": desk,
        "asked": asked,
        "earlier": before,
        "like": [one for one in like if one.number not in numbers],
        "proposed": screening_desk.offers(desk.schema["properties"], found, typed.answers),
        "status_words": STATUS,
        "result_words": RESULTS,
    }


def _facts(typed: Typed) -> dict[str, str]:
    """What of the record a table may read: answers that are facts by the same name."""
    names = ("category", "kind", "place_kind", "hazard")
    return {name: said for name in names if (said := typed.text(name))}


def _relaxed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The record's form as this page asks it: a title need not be thought of while listening."""
    fields = dict(schema["properties"])
    if "title" in fields:
        hint = {
            "zh": "可以不写：不写就用内容的第一句。",
            "en": "May stay empty: then it is the first sentence of what was said.",
        }
        fields["title"] = {**fields["title"], "x-help": hint}
    required = [name for name in schema.get("required", ()) if name != "title"]
    return {**schema, "properties": fields, "required": required}


def _desks() -> list[Desk]:
    with reading() as session:
        return desks_of.desks(session, current_person())


def _chosen(desks: Sequence[Desk], key: str) -> Desk | None:
    """The desk asked for; the first where nothing else is asked."""
    wanted = [desk for desk in desks if desk.pack.key == key]
    return (wanted or list(desks))[0] if desks and (wanted or not key) else None
