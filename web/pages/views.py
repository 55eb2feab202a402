"""Saved views: keeping what the inbox shows under a name, for oneself or one's unit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import saved_views as commands
from engine.errors import Conflict, InvalidInput
from engine.queries import inbox, packs_in_use, saved_views
from engine.queries.inbox import VIEWS
from web import i18n, inbox_filter, inbox_words
from web.permitted import permitted
from web.request import current_person, once, reading
from web.shell import POSTS

blueprint = Blueprint("views", __name__, url_prefix="/inbox/views")


@blueprint.get("")
@permitted("inbox")
def index() -> str:
    """The person's saved views; with conditions in the address, the form that keeps them."""
    return _page()


@blueprint.post("")
@permitted("inbox")
def save() -> ResponseReturnValue:
    """Keep the conditions of the address under a name."""
    actor = current_person()
    wanted = inbox_filter.kept(inbox_filter.asked(request.args))

    def work(session: Session) -> str:
        key = commands.save(session, by=actor, conditions=wanted, **_typed())
        if request.form.get("first"):
            commands.begin_with(session, key.hex, by=actor)
        return url_for("inbox.index", **wanted)

    return _done(work, str(_("存好了，在左边「待办」下面。")))


@blueprint.post("/<uuid:view_id>")
@permitted("inbox")
def change(view_id: UUID) -> ResponseReturnValue:
    """Rename a view, share it or take it back."""

    def work(session: Session) -> str:
        commands.change(session, view_id, by=current_person(), **_typed())
        return url_for("views.index")

    return _done(work, str(_("改好了。")), view_id)


@blueprint.post("/<uuid:view_id>/remove")
@permitted("inbox")
def remove(view_id: UUID) -> ResponseReturnValue:
    """Take a view away."""

    def work(session: Session) -> str:
        commands.remove(session, view_id, by=current_person())
        return url_for("views.index")

    return _done(work, str(_("删掉了；里面的待办都还在。")))


@blueprint.post("/first")
@permitted("inbox")
def first() -> ResponseReturnValue:
    """What the inbox opens on."""
    chosen = request.form.get("first_view", "")
    if chosen not in VIEWS and not _is_key(chosen):
        chosen = ""

    def work(session: Session) -> str:
        commands.begin_with(session, chosen, by=current_person())
        return url_for("views.index")

    return _done(work, str(_("记住了：下次打开待办，先看到它。")))


def _done(work: Any, said: str, view_id: UUID | None = None) -> ResponseReturnValue:
    try:
        answer = once(work)
    except InvalidInput as error:
        if error.field == "phone":
            return _page(_("电话不能存进视图；去掉这个条件再存。"), view_id), 422
        most = commands.LONGEST_NAME
        return _page(_("起个名字，1 到 %(n)d 个字。", n=most), view_id), 422
    except Conflict as error:
        if "most" in error.details:
            return _page(_("最多存 %(n)d 个，先删一个。", n=error.details["most"]), view_id), 422
        return _page(_("已经有叫这个名字的了，换一个名字。"), view_id), 422
    flash(said, "message")
    return answer


def _page(fault: str = "", view_id: UUID | None = None) -> str:
    actor = current_person()
    wanted = inbox_filter.asked(request.args)
    with reading() as session:
        kept = saved_views.of_person(session, actor)
        named = inbox.names(session)
    offered = inbox_words.offered(packs_in_use.nearest(named.packs, actor), named.units)
    views = [(one, inbox_filter.restored(one.conditions)) for one in kept.views]
    own = {key: i18n.pick(named.units[key]) for key in actor.units if key in named.units}
    return render_template(
        "views/index.html",
        saving=bool(set(request.args) - {"lang"}),
        summary=inbox_words.summary(wanted, offered),
        aim=inbox_filter.kept(wanted),
        rows=[
            (
                one,
                inbox_words.summary(conditions, offered),
                url_for("inbox.index", **inbox_filter.kept(conditions)),
                one.mine or bool(one.unit_key and commands.may_choose_first(actor, one.unit_key)),
            )
            for one, conditions in views
        ],
        units=own,
        leading=[key for key in own if commands.may_choose_first(actor, key)],
        posts={str(role): post for role, post in POSTS.items()},
        names={key: i18n.pick(texts) for key, texts in named.units.items()},
        built_in=inbox_words.VIEWS,
        first_view=kept.first_view,
        fault=fault,
        at=view_id,
        typed=request.form.get("name", ""),
        longest=commands.LONGEST_NAME,
        fault_links=[(f"name-{view_id.hex}" if view_id else "name", fault)] if fault else [],
    )


def _typed() -> Mapping[str, Any]:
    form = request.form
    return {
        "name": form.get("name", ""),
        "unit": form.get("unit", "")[:64],
        "first_for": [role[:32] for role in form.getlist("first_for")[:20]],
    }


def _is_key(text: str) -> bool:
    try:
        return UUID(hex=text).hex == text
    except ValueError:
        return False
