"""What is deployed (流程): processes, their versions, and what a version's diagram says."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from engine.errors import InvalidInput
from engine.models import Role
from engine.permissions import may
from engine.queries import definitions
from web import course, shell
from web.permitted import permitted
from web.request import current_person, reading

blueprint = Blueprint("definitions", __name__)


@blueprint.get("/definitions")
@permitted("definitions.read")
def index() -> ResponseReturnValue:
    """Every process with its versions."""
    with reading() as session:
        processes = definitions.processes(session, current_person())
    return render_template(
        "definitions/index.html",
        processes=processes,
        may_design=may(current_person(), "papers.design"),
        may_map=may(current_person(), "design.map"),
    )


@blueprint.get("/definitions/<key>/<int:version>")
@permitted("definitions.read")
def show(key: str, version: int) -> ResponseReturnValue:
    """One version: its drawing, its stages, tasks, forms and limits."""
    with reading() as session:
        drawn = definitions.drawn(session, current_person(), key, version)
    return render_template(
        "definitions/show.html",
        drawn=drawn,
        may_map=may(current_person(), "design.map"),
        budget=_budget,
        role=_role,
        xml_url=url_for("definitions.xml", key=key, version=version),
        state_url=url_for("definitions.state", key=key, version=version),
    )


@blueprint.get("/definitions/<key>/<int:version>/process.bpmn")
@permitted("definitions.read")
def xml(key: str, version: int) -> ResponseReturnValue:
    """The diagram as it was deployed; `?download` gives it as a file."""
    with reading() as session:
        content = definitions.diagram(session, key, version)
    headers = {"Content-Type": "application/xml; charset=utf-8"}
    if "download" in request.args:
        headers["Content-Disposition"] = f'attachment; filename="{key}-{version}.bpmn"'
    return content, 200, headers


@blueprint.get("/definitions/<key>/<int:version>/state.json")
@permitted("definitions.read")
def state(key: str, version: int) -> ResponseReturnValue:
    """Where the instances of this version stand, for the drawing."""
    with reading() as session:
        waiting = definitions.waiting_in(session, current_person(), key, version)
    return {
        "heat": {
            element: {
                "level": 1 + sum(number > step for step in (8, 16, 30, 45)),
                "text": ngettext("%(num)d 件", "%(num)d 件", number),
            }
            for element, number in waiting.items()
        }
    }


def _budget(text: str) -> str:
    try:
        return course.budget(text)
    except InvalidInput:
        return text  # an expression of the diagram


def _role(key: str) -> str:
    return str(shell.POSTS.get(Role(key), key)) if key in set(Role) else key
