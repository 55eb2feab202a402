"""Moving a token (移动流程): where a process stands, what a move would do, and the move."""

from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import moves
from engine.commands.incidents import LONGEST_REMARK
from engine.errors import Conflict, InvalidInput, StepFailed
from engine.queries import running
from web import failed_steps, i18n
from web.permitted import permitted
from web.request import current_person, once, reading, written

blueprint = Blueprint("moves", __name__, url_prefix="/operations/instances")


@blueprint.get("")
@permitted("operations")
def index() -> ResponseReturnValue:
    """Find the processes of a case by its number."""
    number = request.args.get("number", "").strip()[:64]
    with reading() as session:
        found = running.running(session, current_person(), number) if number else ()
    return render_template("incidents/instances.html", number=number, found=found)


@blueprint.get("/<uuid:instance_id>")
@permitted("operations")
def show(instance_id: UUID) -> ResponseReturnValue:
    """Where it stands; with a token, to where it can go; with a target, what that would do."""
    return _page(instance_id, _key(request.args.get("token")), request.args.get("to", ""))


@blueprint.post("/<uuid:instance_id>/move")
@permitted("operations")
def move(instance_id: UUID) -> ResponseReturnValue:
    """Move it, as it was shown."""
    actor, form = current_person(), request.form
    token, target = _key(form.get("token")), form.get("to", "")[:64]
    remark = form.get("remark", "")
    if token is None:
        raise InvalidInput("token", "the id of what is to be moved")

    def act(session: Session) -> str:
        done = moves.move(
            session,
            instance_id,
            token,
            target,
            by=actor,
            remark=remark,
            revision=form.get("revision", -1, int),
        )
        return url_for("moves.index", number=done.number)

    try:
        answer = once(act)
    except InvalidInput as error:
        fault = (
            _("写明为什么移动，最多 500 个字。写进这件的记录。") if error.field == "remark" else ""
        )
        return _page(instance_id, token, target, fault=fault, remark=remark), 422
    except (Conflict, StepFailed) as error:
        stale = isinstance(error, Conflict)
        return _page(
            instance_id, None if stale else token, "" if stale else target, stale=stale
        ), 409
    flash(_("移动好了；待办、时限已跟着改，记录写明了原因。"))
    return answer


def _page(
    instance_id: UUID,
    token: UUID | None,
    target: str,
    *,
    fault: str = "",
    remark: str = "",
    stale: bool = False,
) -> str:
    actor = current_person()
    stands = written(lambda session: moves.standing(session, instance_id, by=actor, token=token))
    preview, refusal = None, ""
    if token is not None and target:
        try:
            preview = written(
                lambda session: moves.preview(session, instance_id, token, target, by=actor)
            )
        except InvalidInput as error:
            refusal = refusals().get(error.found, refusals()["elsewhere"])
        except StepFailed as error:
            refusal = _("走不下去：%(why)s", why=failed_steps.words(error.reason))
    return render_template(
        "incidents/move.html",
        instance_id=instance_id,
        number=stands.work.case["number"],
        stands=stands,
        token=token,
        target=target,
        preview=preview,
        refusal=refusal,
        refusals=refusals(),
        choices=_choices(stands),
        name=lambda key: i18n.pick(stands.name(key)),
        clock=lambda one: _clock(stands, one),
        fault=fault,
        fault_links=[("remark", fault)] if fault else [],
        remark=remark,
        stale=stale,
        longest=LONGEST_REMARK,
    )


def _choices(stands: moves.Standing) -> list[tuple[str, str]]:
    """Where it can go; of those that are called the same each with its place among them."""
    free = [(key, i18n.pick(stands.name(key))) for key, why in stands.targets.items() if not why]
    names = [label for _, label in free]
    return [
        (key, f"{label} {names[: place + 1].count(label)}" if names.count(label) > 1 else label)
        for place, (key, label) in enumerate(free)
    ]


def _clock(stands: moves.Standing, one: moves.Clock) -> str:
    limit = stands.work.terms.pack.limits.get(one.limit)
    return i18n.pick({"zh": limit.zh, "en": limit.en}) if limit else one.limit


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def refusals() -> dict[str, str]:
    """Why an element cannot be moved to."""
    return {
        "same": _("已经在这里"),
        "elsewhere": _("不在同一层流程里"),
        "not-a-place": _("不能直接到这里，请移到它前面"),
        "join": _("会让汇合永远等不齐"),
        "twice": _("会让并行的另一支再走一遍"),
        "side": _("旁支不能并回主线"),
    }
