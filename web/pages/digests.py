"""Digests (专报、摘报): drafted, edited, reviewed, issued with a number, and kept as they are."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import digests as commands
from engine.digests import content as contents
from engine.digests import kinds, making, printing
from engine.digests.kinds import Texts
from engine.digests.reading import may, next_number
from engine.errors import InvalidAnswers, NotFound
from engine.models import Digest, DigestStatus
from engine.papers import keeping
from engine.queries import digests as queries
from engine.queries import instructions
from engine.queries.digests import Opened
from web import digest_words as words
from web import i18n, papers
from web.permitted import permitted
from web.request import current_person, installation, once, reading, written

blueprint = Blueprint("digests", __name__)
_BY_ENDING = {one.ending: one for one in keeping.MEDIA.values()}
_PARTS = ("heading_zh", "body_zh", "heading_en", "body_en")


@blueprint.get("/digests")
@permitted("digests.read")
def index() -> str:
    """Those being written, those issued, and a new one."""
    actor = current_person()
    with reading() as session:
        listed = queries.listed(session, actor)
        choices = _choices(session)
    return render_template("digests/index.html", listed=listed, choices=choices, words=words)


@blueprint.post("/digests")
@permitted("digests.write")
def begin() -> ResponseReturnValue:
    """Draft one of a period that is over."""
    kind, _bar, rest = request.form.get("what", "")[:200].partition("|")
    pack, _bar, period = rest.partition("|")
    with reading() as session:
        ready = making.ready(session, kind, pack, period)

    def act(session: Session) -> str:
        key = ready.keep(session, by=current_person())
        return url_for("digests.show", digest_id=key)

    return once(act)


@blueprint.get("/digests/<uuid:digest_id>")
@permitted("digests.read")
def show(digest_id: UUID) -> ResponseReturnValue:
    """The sheet as it will be printed, and what one does with it."""
    return _page(digest_id)


@blueprint.get('/digests/<uuid:digest_id>/file.<any(docx,pdf,"en.pdf"):ending>')
@permitted("digests.read")
def download(digest_id: UUID, ending: str) -> ResponseReturnValue:
    """The file that was issued; of a draft one that says so and is not kept."""
    medium, parts = _BY_ENDING[ending], installation()
    with reading() as session:
        told = queries.opened(session, current_person(), digest_id)
        template = making.template(session)
    paper = making.printed(told, parts.zone, parts.settings.public_url)
    if paper.draft:
        return papers.sent(papers.drafted(paper, medium, template))
    files = told.row.files or _printed_first(digest_id, paper, template)
    content = papers.files().path(files[medium.key]).read_bytes()
    name = f"{paper.number}.{medium.ending}"
    return papers.sent(papers.Given(content, name, medium.media_type))


@blueprint.get("/digests/<uuid:digest_id>/sections/<section>")
@permitted("digests.write")
def section(digest_id: UUID, section: str) -> ResponseReturnValue:
    """The heading and the text of a section."""
    return _section_page(digest_id, section)


@blueprint.post("/digests/<uuid:digest_id>/sections/<section>")
@permitted("digests.write")
def edit(digest_id: UUID, section: str) -> ResponseReturnValue:
    """Write them anew."""
    said = {name: request.form.get(name, "")[:20_000] for name in _PARTS}

    def act(session: Session, row: Digest) -> None:
        commands.edit(session, row, section, said, by=current_person())

    try:
        answer = _acted(digest_id, act, _anchor=section)
    except InvalidAnswers as error:
        return _section_page(digest_id, section, said, error.fields), 422
    flash(_("存好了。"))
    return answer


@blueprint.get("/digests/<uuid:digest_id>/numbers")
@permitted("digests.read")
def numbers(digest_id: UUID) -> ResponseReturnValue:
    """Every number with its source; one more for a draft."""
    actor = current_person()
    with reading() as session:
        told = queries.opened(session, actor, digest_id)
        counting = making.numbers_of(session, told.row) if _is_draft(told, actor) else None
    return render_template("digests/numbers.html", told=told, counting=counting, words=words)


@blueprint.post("/digests/<uuid:digest_id>/numbers")
@permitted("digests.write")
def add_number(digest_id: UUID) -> ResponseReturnValue:
    """Count one more number and bind it."""
    asked = {name: request.form.get(name, "")[:64] for name in ("rate", "show", "unit", "category")}
    with reading() as session:
        told = queries.opened(session, current_person(), digest_id)
        counted = making.one_number(session, told.row, **asked)

    def act(session: Session, row: Digest) -> None:
        key = commands.add_number(session, row, counted, by=current_person())
        flash(_("加好了：在正文里写 %(key)s，就印出这个数。", key=f"{{{key}}}"))

    return _acted(digest_id, act, page="numbers")


@blueprint.post("/digests/<uuid:digest_id>/recount")
@permitted("digests.write")
def recount(digest_id: UUID) -> ResponseReturnValue:
    """Take all numbers anew; what was written stays."""
    with reading() as session:
        told = queries.opened(session, current_person(), digest_id)
        draft = making.counted_anew(session, told.row)
    answer = _acted(
        digest_id,
        lambda session, row: commands.recount(session, row, draft, by=current_person()),
    )
    flash(_("重新取数了，现在的数是刚才的。"))
    return answer


@blueprint.post("/digests/<uuid:digest_id>/send")
@permitted("digests.write")
def send(digest_id: UUID) -> ResponseReturnValue:
    """Send it for review."""
    answer = _acted(
        digest_id, lambda session, row: commands.send(session, row, by=current_person())
    )
    flash(_("送审了，由另一位审核签发。"))
    return answer


@blueprint.post("/digests/<uuid:digest_id>/return")
@permitted("digests.write")
def give_back(digest_id: UUID) -> ResponseReturnValue:
    """Give it back with a word."""
    note = request.form.get("note", "")[:5_000]
    try:
        return _acted(
            digest_id,
            lambda session, row: commands.give_back(session, row, note, by=current_person()),
        )
    except InvalidAnswers as error:
        return _page(digest_id, error.fields, note), 422


@blueprint.post("/digests/<uuid:digest_id>/issue")
@permitted("digests.issue")
def issue(digest_id: UUID) -> ResponseReturnValue:
    """Give it its number and make the files that stay."""
    actor, parts = current_person(), installation()
    with reading() as session:
        told = queries.opened(session, actor, digest_id)
        if told.row.status != DigestStatus.ISSUED:  # again: `once` gives the first answer
            commands.require_issuable(told.row, actor)
        number = told.row.number or next_number(session, told.row)
        template = making.template(session)
    paper = making.printed(told, parts.zone, parts.settings.public_url, number)
    try:
        stored = papers.stored_all(paper, template)
    except InvalidAnswers as error:
        return _page(digest_id, {"issue": error.fields["template"]}), 422
    files = {one.medium: one.sha256 for one in stored}
    answer = _acted(
        digest_id, lambda session, row: commands.issue(session, row, number, files, by=actor)
    )
    flash(_("签发了：第 %(n)s 期。", n=number))
    return answer


def _printed_first(digest_id: UUID, paper: Any, template: bytes) -> Mapping[str, str]:
    """The files of an issue that was never printed: made now, and kept from now on."""
    stored = papers.stored_all(paper, template)
    files = {one.medium: one.sha256 for one in stored}

    def keep(session: Session) -> Mapping[str, str]:
        row = commands.locked(session, digest_id)
        commands.keep_files(session, row, files)
        return dict(row.files)

    return written(keep)


def _acted(
    digest_id: UUID, act: Callable[[Session, Digest], None], *, page: str = "show", **more: Any
) -> ResponseReturnValue:
    """Do something with the digest as the page showed it."""
    revision = request.form.get("revision", "")

    def work(session: Session) -> str:
        number = int(revision) if revision.isdecimal() and len(revision) < 9 else 0
        row = commands.at_revision(session, digest_id, number)
        queries.require_readable(current_person(), row)
        act(session, row)
        return url_for(f"digests.{page}", digest_id=digest_id, **more)

    return once(work)


def _page(digest_id: UUID, faults: Mapping[str, Texts] | None = None, note: str = "") -> str:
    actor, parts = current_person(), installation()
    with reading() as session:
        told = queries.opened(session, actor, digest_id)
        given = instructions.on_digest(session, actor, digest_id)
    row, language = told.row, i18n.language()
    printed = {key: one.told for key, one in told.values.items()}
    on_lines: dict[str, list[Any]] = {}
    for one in given:
        on_lines.setdefault(one.row.line, []).append(one)
    return render_template(
        "digests/show.html",
        told=told,
        sections=_sections(told, language),
        lines={one.key: one for one in contents.lines(row.content, printed)},
        on_lines=on_lines,
        given=given,
        period=printing.period(row, parts.zone),
        may_write=_is_draft(told, actor),
        may_review=row.status == DigestStatus.REVIEW and may(actor, "digests.write", row),
        may_issue=row.status == DigestStatus.REVIEW
        and may(actor, "digests.issue", row)
        and row.sent_by != actor.id,
        may_instruct=row.status == DigestStatus.ISSUED and may(actor, "instructions.give", row),
        states=printing.STATES,
        note=note,
        faults={name: i18n.pick(text) for name, text in (faults or {}).items()},
        fault_links=[(name, i18n.pick(text)) for name, text in (faults or {}).items()],
        words=words,
    )


def _sections(told: Opened, language: str) -> list[dict[str, Any]]:
    """The sections in the page's language; charts drawn, paragraphs apart."""
    found = []
    place = 0
    for one in told.row.content["sections"]:
        shown = printing.shown(one)
        place += shown
        parts = [
            {**part, "chart": printing.drawn(part, told.values, language)}
            if part["is"] == "columns"
            else part
            for part in one["parts"]
        ]
        heading = contents.said(one["heading"], language)
        found.append(
            {
                "key": one["key"],
                "heading": printing.ordered(place, heading, language) if shown else heading,
                "shown": shown,
                "paragraphs": contents.paragraphs(contents.said(one["body"], language)),
                "parts": parts,
            }
        )
    return found


def _section_page(
    digest_id: UUID,
    key: str,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Texts] | None = None,
) -> str:
    with reading() as session:
        told = queries.opened(session, current_person(), digest_id)
    found = next((one for one in told.row.content["sections"] if one["key"] == key), None)
    if found is None:
        raise NotFound("No such section.")
    values = typed or {
        f"{part}_{language}": found[part].get(language, "")
        for part in ("heading", "body")
        for language in ("zh", "en")
    }
    said = {name: i18n.pick(text) for name, text in (faults or {}).items()}
    return render_template(
        "digests/section.html",
        told=told,
        key=key,
        values=values,
        heading=found["heading"],
        faults=said,
        fault_links=[(name, said[name]) for name in _PARTS if name in said],
        open_to_edit=_is_draft(told, current_person()),
        longest=(contents.LONGEST_HEADING, contents.LONGEST_BODY),
        words=words,
    )


def _choices(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be drafted: by kind and office, the periods that have none yet."""
    mine = queries.offices_of(current_person())
    found = []
    for kind in kinds.kinds().values():
        for office in making.offices_of(session, kind):
            if not mine.issuperset([office.key, *office.offices]):
                continue
            there = queries.periods_there(session, kind.key, office.key)
            options = [
                (f"{kind.key}|{office.pack.key}|{one.key}", i18n.pick(printing.days(one)))
                for one in making.to_choose(kind, office.zone)
                if one.key not in there
            ]
            label = f"{i18n.pick(kind.name)} · {i18n.pick(office.units[office.key])}"
            if options:
                found.append((label, options))
    return found


def _is_draft(told: Opened, actor: Any) -> bool:
    return told.row.status == DigestStatus.DRAFT and may(actor, "digests.write", told.row)
