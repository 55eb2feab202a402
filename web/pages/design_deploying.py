"""Putting drafts into use (部署): the review of a draft, the versions of a process or a pack."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import errors
from engine.commands import design_deploying
from engine.errors import HuiyinError, InvalidInput
from engine.models import DesignKind
from engine.queries import design_versions
from web import change_words, deploying_review, i18n, problems, studio
from web.deploying_review import Review
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("design_deploying", __name__, url_prefix="/design")
_SPOKEN = (
    errors.Conflict,
    errors.InvalidDiagram,
    errors.InvalidInput,
    errors.InvalidPack,
    errors.NotAllowed,
    errors.TooLarge,
)


@blueprint.get("/drafts/<uuid:draft_id>/review")
@permitted("design")
def review(draft_id: UUID) -> ResponseReturnValue:
    """Faults, differences, tests, who is affected; and what one may do with the draft."""
    return _page(deploying_review.review(draft_id))


@blueprint.post("/drafts/<uuid:draft_id>/deploy")
@permitted("deploy")
def deploy(draft_id: UUID) -> ResponseReturnValue:
    """Put a draft into use, as it was reviewed."""
    seen, note = _seen(), _text("note")
    looked = deploying_review.review(draft_id)
    same = looked.ready.seen == seen  # what is not as it was seen is refused by the command
    if same and looked.errors:
        said = _("还有不能部署的问题，没有部署；草稿没有动。")
        return _page(looked, said=said, note=note), 422
    if same and looked.doubtful and not request.form.get("despite"):
        said = _("没有部署：先在下面勾上您知道的那一项。")
        return _page(looked, said=said, note=note, unticked=True), 422

    def act(session: Session) -> str:
        design_deploying.deploy(
            session,
            draft_id,
            note=note,
            by=current_person(),
            seen=seen,
            two_persons=deploying_review.two_persons(),
        )
        return _versions_url(looked.ready.kind, looked.ready.key)

    return _tried(draft_id, act, note, _("部署好了，新来的走新的一版；在办的留在原来的版本。"))


@blueprint.post("/drafts/<uuid:draft_id>/propose")
@permitted("design")
def propose(draft_id: UUID) -> ResponseReturnValue:
    """Ask a second person to deploy one's draft."""
    seen, note = _seen(), _text("note")

    def act(session: Session) -> str:
        design_deploying.propose(session, draft_id, note=note, by=current_person(), seen=seen)
        return _review_url(draft_id)

    return _tried(draft_id, act, note, _("提请了；由另一位流程设计员或管理员复核后部署。"))


@blueprint.post("/drafts/<uuid:draft_id>/withdraw")
@permitted("design")
def withdraw(draft_id: UUID) -> ResponseReturnValue:
    """Take a proposal back."""

    def act(session: Session) -> str:
        design_deploying.withdraw(session, draft_id, by=current_person())
        return _review_url(draft_id)

    return _tried(draft_id, act, "", _("收回了，可以接着改。"))


@blueprint.post("/drafts/<uuid:draft_id>/refuse")
@permitted("deploy")
def refuse(draft_id: UUID) -> ResponseReturnValue:
    """Send a proposal back, with a reason."""
    reason = _text("reason")

    def act(session: Session) -> str:
        design_deploying.refuse(session, draft_id, reason=reason, by=current_person())
        return _review_url(draft_id)

    return _tried(draft_id, act, reason, _("退回了，理由写在草稿上。"))


@blueprint.get("/versions/<any(process,pack):design>/<key>")
@permitted("design")
def versions(design: str, key: str) -> ResponseReturnValue:
    """Every version: who put it into use, when and why, what runs on it."""
    return _versions_page(design, key)


@blueprint.post("/versions/<any(process,pack):design>/<key>/<int:version>/back")
@permitted("deploy")
def roll_back(design: str, key: str, version: int) -> ResponseReturnValue:
    """Deploy the content of an older version as the next one."""
    note = _text("note")
    done: list[design_deploying.Done] = []

    def act(session: Session) -> str:
        made = design_deploying.roll_back(
            session,
            DesignKind(design),
            key,
            version,
            note=note,
            by=current_person(),
            title=str(_("退回第 %(n)s 版", n=version)),
            two_persons=deploying_review.two_persons(),
        )
        done.append(made)
        return (
            _review_url(made.draft_id) if made.draft_id else _versions_url(DesignKind(design), key)
        )

    try:
        answer = once(act)
    except _SPOKEN as error:
        return _versions_page(design, key, said=_words(error)), problems.problem_of(error).status
    if done and done[0].draft_id:
        flash(_("退回也要两个人：已经提请，由另一位部署。"), "ok")
    elif done:
        flash(_("退回了：第 %(n)s 版的内容成了最新一版。", n=version), "ok")
    return answer


def _tried(
    draft_id: UUID, act: Callable[[Session], str], typed: str, told: str
) -> ResponseReturnValue:
    """Do it and go on; or the review again, saying why it was not done and what stayed."""
    try:
        answer = once(act)
    except _SPOKEN as error:
        page = _page(deploying_review.review(draft_id), said=_words(error), note=typed)
        return page, problems.problem_of(error).status
    flash(told, "ok")
    return answer


def _words(error: HuiyinError) -> str:
    """Why nothing was put into use."""
    why = str(error.details.get("why", ""))
    told = {
        "changed": _(
            "没有部署：您看过以后，草稿或在用的版本又变了。下面是现在的样子，请再看一遍。"
        ),
        "same": _("没有部署：和在用的一样，没有新的内容。"),
        "over": _("这份草稿已经部署、收起或收回了，没有再做什么。"),
    }
    if why in told:
        return str(told[why])
    if isinstance(error, errors.NotAllowed):
        return str(_("没有部署：谁画的谁不能部署，要由另一位流程设计员或管理员来。"))
    if isinstance(error, InvalidInput):
        return str(_written(error.field))
    if isinstance(error, errors.TooLarge):
        named = str(error.details.get("file", ""))
        return str(_("没有部署：%(file)s 太大，一个文件最多 2 MB。草稿没有动。", file=named))
    return str(_("没有部署：有不能部署的问题。草稿没有动，在用的也没有动。"))


def _written(field: str) -> str:
    if field == "reason":
        return str(_("没有退回：写上理由，最多 2000 字，对方要照着改。"))
    return str(_("没有部署：说明最多 2000 字。"))


def _page(looked: Review, *, said: str = "", note: str = "", unticked: bool = False) -> str:
    return render_template(
        "design/review.html",
        opened=looked.opened,
        tabs=studio.tabs(looked.opened),
        review=looked,
        shown=looked.shown,
        desk=looked.desk,
        two_persons=deploying_review.two_persons(),
        said=said,
        note=note,
        unticked=unticked,
        month_name=i18n.month,
        role_name=change_words.role,
        links=lambda at, endpoint="section", **args: url_for(
            f"design_packs.{endpoint}",
            draft_id=looked.opened.line.id,
            section=at.section,
            of=at.of or None,
            **args,
        ),
    )


def _versions_page(kind: str, key: str, *, said: str = "") -> str:
    with reading() as session:
        found = design_versions.versions(session, current_person(), DesignKind(kind), key)
    return render_template(
        "design/versions.html",
        versions=found,
        said=said,
        two_persons=deploying_review.two_persons(),
    )


def _versions_url(kind: DesignKind, key: str) -> str:
    return url_for("design_deploying.versions", design=str(kind), key=key)


def _review_url(draft_id: UUID) -> str:
    return url_for("design_deploying.review", draft_id=draft_id)


def _seen() -> str:
    return request.form.get("seen", "")[:64]


def _text(name: str) -> str:
    return request.form.get(name, "")
