"""The publisher's desk (发布): answers that go out together, in a batch or at a briefing."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from engine.commands import publishing
from engine.errors import Conflict, InvalidAnswers
from engine.queries import publishing as desks
from engine.queries.publishing import Kind, Waiting
from web import clocks, i18n, schema_form
from web.permitted import permitted
from web.request import current_person, first_answer, installation, reading

blueprint = Blueprint("publishing", __name__, url_prefix="/publishing")

Texts = Mapping[str, str]
STATES = {
    publishing.DONE: lazy_gettext("办好了"),
    publishing.GONE: lazy_gettext("已经办过或撤下了，没有再办"),
    publishing.OTHERS: lazy_gettext("别人认领了，没有动"),
    publishing.FAILED: lazy_gettext("没有办成，流程停在一步上，管理员已收到"),
}


@blueprint.get("")
@permitted("publishing")
def index() -> str:
    """What waits, kind by kind."""
    return _page(request.args.get("kind", ""))


@blueprint.post("")
@permitted("publishing")
def publish() -> ResponseReturnValue:
    """Complete what was ticked and nothing else; a result for each."""
    actor, key = current_person(), request.form.get("kind", "")
    chosen = _keys(request.form.getlist("id"))
    with reading() as session:
        kind = desks.desk(session, actor).kind(key) if key else None
    schema = kind.schema if kind else {"properties": {}}
    answers = schema_form.answers(schema, request.form, installation().zone)
    if kind and not chosen:
        none = {"id": {"zh": "先勾选要公开的，一件也没有选。", "en": "Tick at least one."}}
        return _page(key, chosen, answers, none), 422

    def work(session: Session) -> dict[str, Any]:
        results = publishing.publish(session, chosen, answers, by=actor)
        return {"results": [[one.number, one.title, one.state] for one in results]}

    try:
        told = first_answer(work)["results"]
    except InvalidAnswers as error:
        return _page(key, chosen, answers, error.fields), 422
    except Conflict:
        note = _("这一次没有办，一件也没有动；看一眼名单，再按一次。")
        return _page(key, chosen, answers, note=note), 409
    return render_template(
        "publishing/done.html",
        results=[{"number": n, "title": t, "state": s, "said": STATES[s]} for n, t, s in told],
        heading=_heading([state for _n, _t, state in told]),
    )


def _page(
    key: str,
    chosen: Sequence[UUID] = (),
    answers: Mapping[str, Any] | None = None,
    faults: Mapping[str, Texts] | None = None,
    note: str = "",
) -> str:
    faults = faults or {}
    with reading() as session:
        desk = desks.desk(session, current_person())
    kind = desk.kind(key) or desk.kind("")
    none_chosen = i18n.pick(faults.get("id"))
    of_form = {name: said for name, said in faults.items() if name != "id"}
    fault_links = [("pick", none_chosen)] if none_chosen else []
    if kind:
        fault_links += schema_form.fault_links(kind.schema, of_form)
    waiting = sum(len(one.waiting) for one in desk.kinds)
    return render_template(
        "publishing/index.html",
        kind=kind,
        total=waiting,
        tabs=[
            {
                "label": f"{i18n.pick(one.name)} {i18n.count(len(one.waiting))}",
                "url": url_for("publishing.index", kind=one.key),
                "current": kind is not None and one.key == kind.key,
            }
            for one in desk.kinds
        ],
        badges={one.task_id: _badge(one, desk) for one in kind.waiting} if kind else {},
        chosen=set(chosen),
        rows=_rows(kind, answers, of_form) if kind else [],
        faults=faults,
        fault_links=fault_links,
        note=note,
        me=current_person().id,
        counts={"publishing": waiting},
    )


def _rows(
    kind: Kind, answers: Mapping[str, Any] | None, faults: Mapping[str, Texts]
) -> list[list[schema_form.Field]]:
    return schema_form.rows(
        kind.schema, installation().zone, options=kind.options, values=answers, faults=faults
    )


def _badge(one: Waiting, desk: desks.Desk) -> clocks.Badge | None:
    if one.due is None or desk.calendar is None:
        return None
    return clocks.badge_of(one.due, desk.calendar, one.pack.hours, short=True)


def _heading(states: Sequence[str]) -> str:
    done = states.count(publishing.DONE)
    left = len(states) - done
    if not left:
        return str(ngettext("公开了 %(num)d 件", "公开了 %(num)d 件", done))
    not_done = ngettext("%(num)d 件没有办", "%(num)d 件没有办", left)
    if not done:
        return str(not_done)
    said = ngettext("公开了 %(num)d 件", "公开了 %(num)d 件", done)
    return str(_("%(done)s，%(left)s", done=said, left=not_done))


def _keys(asked: Sequence[str]) -> list[UUID]:
    keys = []
    for text in asked[: publishing.MOST]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys
