"""The diagram of a draft: the page of the editor, the lists it offers, an example of a limit."""

from uuid import UUID

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock, deployed
from engine.commands.design_drafts import PROCESS
from engine.errors import InvalidInput, NotFound
from engine.ledger import Terms
from engine.queries import design_drafts, design_options
from engine.queries import due as dues
from web import course, i18n, studio
from web.permitted import permitted
from web.request import current_person, installation, reading
from web.security import allow_inline_styles
from web.studio_answers import in_words

blueprint = Blueprint("design_diagram", __name__, url_prefix="/design")
LONGEST_BUDGET = 80


@blueprint.get("/drafts/<uuid:draft_id>/diagram")
@permitted("design")
def index(draft_id: UUID) -> ResponseReturnValue:
    """The editor of a draft's diagram. Without JavaScript: the file to take and to bring back."""
    with reading() as session:
        opened = design_drafts.opened(session, current_person(), draft_id)
    file = opened.files.get(PROCESS)
    if file is None:
        raise NotFound("This draft has no diagram.")
    allow_inline_styles()
    return render_template(
        "design/diagram.html",
        opened=opened,
        tabs=studio.tabs(opened),
        file=file,
        path=PROCESS,
        draft_url=url_for("design.draft", draft_id=draft_id),
    )


@blueprint.get("/drafts/<uuid:draft_id>/options")
@permitted("design")
@in_words
def options(draft_id: UUID) -> ResponseReturnValue:
    """The lists the properties of an element are chosen from."""
    with reading() as session:
        return jsonify(design_options.options(session, current_person(), draft_id))


@blueprint.get("/due")
@permitted("design")
@in_words
def due() -> ResponseReturnValue:
    """When a budget that begins now would end, in words. Query: budget, such as `3 WD`."""
    budget = request.args.get("budget", "")
    if not 0 < len(budget) <= LONGEST_BUDGET:
        raise InvalidInput("budget", "a budget such as 3 WD", budget[:LONGEST_BUDGET])
    now = clock.now().astimezone(installation().zone)
    with reading() as session:
        packs = deployed.newest_packs(session)
        if not packs:
            raise NotFound("No pack is deployed.")
        terms = Terms(packs[0], deployed.current_calendar(session))
    found = dues.explain(terms, now, budget)
    ends = found.explanation.due.at
    if ends is None:
        raise InvalidInput("budget", "a budget that ends", budget)
    said = _(
        "%(budget)s：现在开始，%(at)s到期",
        budget=course.budget(str(found.budget)),
        at=i18n.moment(ends),
    )
    return jsonify(due_at=ends.isoformat(), said=said)
