"""Handing over (交接): what would go where, and the one act that does it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import handing_over
from engine.commands import leaving
from engine.errors import NotFound
from engine.queries import organisation, roster
from engine.queries import people as seen
from web import administration, i18n
from web.administration import fault_links, tried
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("handover", __name__, url_prefix="/admin/people")


@blueprint.get("/<uuid:person_id>/handover")
@permitted("admin")
def preview(person_id: UUID) -> ResponseReturnValue:
    """What handing over to somebody would do."""
    return _page(person_id, request.args.get("to", "")[:64], {}, leaving_=False)


@blueprint.post("/<uuid:person_id>/handover")
@permitted("admin")
def hand_over(person_id: UUID) -> ResponseReturnValue:
    """Hand everything over, as it was shown."""
    form, leaves = administration.typed("to"), bool(request.form.get("leaving"))
    to, expected = form["to"].strip()[:64], request.form.get("expected", -1, int)

    def work(session: Session) -> str:
        receiver = seen.by_login(session, to) if to else None
        done = leaving.hand_over(
            session,
            person_id,
            receiver,
            leaving=leaves,
            expected=expected,
            by=current_person(),
        )
        flash(
            _(
                "交好了：%(tasks)s 件给接手的人，%(released)s 件放回单位。",
                tasks=done.tasks,
                released=done.released,
            )
        )
        return url_for("people.show", person_id=person_id)

    return tried(lambda: once(work), lambda found: _page(person_id, to, found, leaving_=leaves))  # type: ignore[no-any-return]


def _page(person_id: UUID, to: str, found: dict[str, str], *, leaving_: bool) -> str:
    actor = current_person()
    with reading() as session:
        person, all_ours = roster.person(session, actor, person_id)
        if not all_ours or not person.active:
            raise NotFound
        others = [one for one in roster.colleagues(session, actor) if one[0] != person.login]
        receiver = seen.by_login(session, to) if to in dict(others) else None
        plan = handing_over.plan(session, person_id, receiver)
    planned: list[tuple[str, Any]] = [
        (_("给接手的人的待办"), i18n.count(plan.handed)),
        (_("放回单位的待办"), i18n.count(plan.released)),
        (_("一起过去的草稿"), i18n.count(len(plan.drafts))),
        (_("接着关注的诉求"), i18n.count(len(plan.watches))),
        (_("不再关注的诉求"), i18n.count(len(plan.dropped))),
    ]
    if receiver is not None:
        planned += [
            (_("保存的视图"), i18n.count(len(plan.views))),
            (_("常用语"), i18n.count(len(plan.phrases))),
            (_("替别人代办"), i18n.count(len(plan.stood))),
        ]
    return render_template(
        "admin/handover.html",
        somebody=person,
        names=organisation.texts(person.name_zh, person.name_en),
        colleagues=administration.colleagues(others),
        to=receiver.login if receiver else "",
        receiver=organisation.texts(receiver.name_zh, receiver.name_en) if receiver else None,
        planned=planned,
        expected=len(plan.tasks),
        leaving=leaving_,
        fault_links=fault_links(found),
    )
