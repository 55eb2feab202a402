"""Doing one thing with the tasks chosen in a list: claim, give on, urge, print, export."""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.commands import bulk, reminding, tasks
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.queries import bulk_results, colleagues, inbox, people
from engine.queries.inbox import Entry
from web import bulk_words, i18n, inbox_export, inbox_filter, inbox_lines, papers, slip_sheets
from web.permitted import permitted
from web.request import current_person, installation, reading, request_token, transaction

blueprint = Blueprint("bulk", __name__)


@blueprint.post("/inbox")
@permitted("inbox")
def act() -> ResponseReturnValue:
    """Claim the task whose button was pressed, or do with the ticked ones what was chosen."""
    if one := request.form.get("claim"):
        return _claim_one(one)
    ids, asked = _ids(request.form.getlist("id")), request.form.get("do", bulk.CLAIM)
    if not ids:
        flash(_("没有选中待办。"), "soon")
        return _back()
    if asked in {"xlsx", "csv"}:
        return _exported(ids, asked)
    if asked in _ASKING:
        return redirect(url_for(_ASKING[asked], **_aim(), id=[str(one) for one in ids]), code=303)
    key = _key()
    bulk.claim(installation().sessions, key, ids, by=current_person())
    return redirect(url_for("bulk.result", act_id=key, **_aim()), code=303)


@blueprint.get("/inbox/assign")
@permitted("inbox")
def assign_page() -> ResponseReturnValue:
    """To whom the chosen tasks go: who is there, and how much each has in hand."""
    return _assign_page()


@blueprint.post("/inbox/assign")
@permitted("inbox")
def assign() -> ResponseReturnValue:
    """Give the chosen tasks to a colleague."""
    ids, chosen = _ids(request.form.getlist("id")), _ids(request.form.getlist("to"))
    if not ids or not chosen:
        return _assign_page(ids, fault=str(_("选一位同事。")))
    parts, actor, key = installation(), current_person(), _key()
    with reading() as session:
        to = people.actor(session, chosen[0])
    bulk.assign(parts.sessions, key, ids, to=to, by=actor)
    return redirect(url_for("bulk.result", act_id=key, **_aim()), code=303)


@blueprint.get("/inbox/remind")
@permitted("inbox")
def remind_page() -> ResponseReturnValue:
    """What is said to those who have to do the chosen tasks."""
    return _remind_page()


@blueprint.post("/inbox/remind")
@permitted("inbox")
def remind() -> ResponseReturnValue:
    """Urge the chosen tasks."""
    ids, note, key = _ids(request.form.getlist("id")), request.form.get("note", ""), _key()
    if not ids:
        return _nothing(0)
    try:
        bulk.remind(installation().sessions, key, ids, note, by=current_person())
    except InvalidInput:
        fault = _("最多 %(n)d 个字，现在 %(m)d 个。", n=reminding.LONGEST_NOTE, m=len(note))
        return _remind_page(ids, note, str(fault))
    return redirect(url_for("bulk.result", act_id=key, **_aim()), code=303)


@blueprint.get("/inbox/slips")
@permitted("inbox")
def slips_page() -> ResponseReturnValue:
    """Which of the chosen tasks have a slip to print."""
    entries, missing = _entries(_ids(request.args.getlist("id")))
    if not entries:
        return _nothing(missing)
    with reading() as session:
        known = slip_sheets.of_entries(session, entries)
    return render_template(
        "bulk/slips.html", entries=entries, slips=known, missing=missing, aim=_aim()
    )


@blueprint.post("/inbox/slips")
@permitted("case.read")
def slips() -> ResponseReturnValue:
    """The slips of the chosen tasks as one PDF; what was never printed is issued with it."""
    entries, _missing = _entries(_ids(request.form.getlist("id")))
    content = slip_sheets.together(entries)
    if content is None:
        flash(_("选中的都还没有处理签。"), "soon")
        return _back()
    return _file(content, "application/pdf", str(_("处理签")), "pdf")


@blueprint.get("/inbox/acts/<uuid:act_id>")
@permitted("inbox")
def result(act_id: UUID) -> str:
    """What came of each."""
    actor = current_person()
    with reading() as session:
        done = bulk.of_key(session, act_id, by=actor)
        outcomes = bulk_results.outcomes(session, actor, done.items)
    return render_template(
        "bulk/result.html",
        done=done,
        title=bulk_words.TITLES[done.act],
        summary=bulk_words.summary(done.act, outcomes),
        rows=[(one, bulk_words.outcome(done.act, one)) for one in outcomes],
        may_undo=done.undone_at is None
        and done.act in {bulk.CLAIM, bulk.ASSIGN}
        and any(one.item["result"] == bulk.DONE for one in outcomes),
        mine=done.act == bulk.CLAIM,
        aim=_aim(),
    )


@blueprint.post("/inbox/acts/<uuid:act_id>/undo")
@permitted("inbox")
def undo(act_id: UUID) -> ResponseReturnValue:
    """Give back what was claimed or given on."""
    try:
        bulk.undo(installation().sessions, act_id, by=current_person())
    except Conflict:
        flash(_("这次操作已经撤销过了。"), "soon")
    return redirect(url_for("bulk.result", act_id=act_id, **_aim()), code=303)


_ASKING = {"assign": "bulk.assign_page", "remind": "bulk.remind_page", "print": "bulk.slips_page"}


def _claim_one(text: str) -> ResponseReturnValue:
    """Claim one task; a request from the list itself gets the words for its row."""
    actor, said, code = current_person(), str(_("我")), 200
    try:
        task_id = UUID(text)
        with transaction() as session:
            tasks.claim(session, task_id, by=actor)
        told = _("已认领 %(num)d 件", num=1)
    except Conflict:
        code, (said, told) = 409, _taken(task_id)
    except (NotFound, NotAllowed, ValueError):
        code, told, said = 409, _("1 件已经办完或不在这里了"), ""
    if "HX-Request" in request.headers:
        return render_template("bulk/_claimed.html", who=said, told=told, code=code), code
    flash(told, "message" if code == 200 else "soon")
    return _back()


def _taken(task_id: UUID) -> tuple[str, str]:
    """Who was first and when: for the row, and as a sentence."""
    with reading() as session:
        first = inbox.claimer(session, task_id)
    if first is None:
        return "", str(_("1 件已经办完或不在这里了"))
    who, at = i18n.pick(first[0]), first[1]
    if at is None:
        return who, str(_("1 件被%(who)s先认领了", who=who))
    return who, str(_("%(who)s %(at)s 认领了这件。", who=who, at=i18n.time_of_day(at)))


def _assign_page(ids: Sequence[UUID] | None = None, fault: str = "") -> ResponseReturnValue:
    entries, missing = _entries(_ids(request.args.getlist("id")) if ids is None else ids)
    if not entries:
        return _nothing(missing)
    today = i18n.local(clock.now()).date()
    with reading() as session:
        able = colleagues.who_may_do(session, current_person(), entries, today)
    page = render_template(
        "bulk/assign.html",
        entries=entries,
        missing=missing,
        able=able,
        aim=_aim(),
        fault_links=[("to", fault)] if fault else [],
    )
    return make_response(page, 422 if fault else 200)


def _remind_page(
    ids: Sequence[UUID] | None = None, note: str = "", fault: str = ""
) -> ResponseReturnValue:
    entries, missing = _entries(_ids(request.args.getlist("id")) if ids is None else ids)
    if not entries:
        return _nothing(missing)
    page = render_template(
        "bulk/remind.html",
        entries=entries,
        missing=missing,
        note=note,
        longest=reminding.LONGEST_NOTE,
        aim=_aim(),
        fault_links=[("note", fault)] if fault else [],
    )
    return make_response(page, 422 if fault else 200)


def _exported(ids: Sequence[UUID], kind: str) -> Response:
    actor = current_person()
    with reading() as session:
        entries = inbox.chosen(session, actor, ids)
        calendar = inbox.calendar(session)
    lines = [inbox_lines.line(entry, calendar, {}) for entry in entries]
    left_out = len(ids) - len(entries)
    if kind == "csv":
        content = inbox_export.as_csv(lines, left_out)
        return _file(content, inbox_export.CSV, str(_("待办")), "csv")
    content = inbox_export.as_xlsx(lines, left_out)
    return _file(content, inbox_export.XLSX, str(_("待办")), "xlsx")


def _file(content: bytes, media_type: str, name: str, ending: str) -> Response:
    at = i18n.local(clock.now())
    return papers.sent(papers.Given(content, f"{name} {at:%Y%m%d-%H%M}.{ending}", media_type))


def _entries(ids: Sequence[UUID]) -> tuple[list[Entry], int]:
    """The chosen tasks that are still the person's to see, and how many are not."""
    with reading() as session:
        found = inbox.chosen(session, current_person(), ids) if ids else []
    return found, len(ids) - len(found)


def _nothing(missing: int) -> ResponseReturnValue:
    flash(_("选中的已经办完或不在这里了。") if missing else _("没有选中待办。"), "soon")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("inbox.index", **_aim()), code=303)


def _aim() -> dict[str, Any]:
    return inbox_filter.arguments(inbox_filter.asked(request.args))


def _key() -> UUID:
    """The key of this act: the same form sent twice is one act."""
    token = request.form.get("request_token") or request_token()
    return uuid5(NAMESPACE_URL, f"huiyin:{current_person().id.hex}:{token[:100]}")


def _ids(asked: Sequence[str]) -> list[UUID]:
    keys = []
    for text in asked[: bulk.MOST]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(keys))
