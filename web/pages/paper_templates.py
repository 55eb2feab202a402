"""The offices' templates of official papers (公文模板): look, take away, replace, go back."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.errors import InvalidAnswers
from engine.papers import checking, keeping, templates
from engine.papers.kinds import NAMES, Kind
from engine.papers.samples import sample
from engine.papers.variables import VARIABLES, Rows
from web import i18n, papers
from web.papers import Given
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("paper_templates", __name__)

_KIND = "<any(slip,answer,refusal,order,interview,digest):kind>"


@blueprint.get("/papers/templates")
@permitted("papers.design")
def index() -> ResponseReturnValue:
    """Every kind with the template in use and its versions."""
    return _page()


@blueprint.get(f"/papers/templates/{_KIND}/<int:version>.docx")
@permitted("papers.design")
def download(kind: str, version: int) -> ResponseReturnValue:
    """A version to be edited in Word or WPS; 0 is the shipped one."""
    with reading() as session:
        content = templates.of_version(session, Kind(kind), min(version, 2**31 - 1))
    name = f"{NAMES[Kind(kind)]['zh']}-{_('模板')}-{version}.docx"
    return papers.sent(Given(content, name, keeping.DOCX))


@blueprint.get(f"/papers/templates/{_KIND}/sample.<any(docx,pdf):ending>")
@permitted("papers.design")
def look(kind: str, ending: str) -> ResponseReturnValue:
    """A made-up paper, as the template in use gives it."""
    medium = keeping.MEDIA[ending]
    paper = replace(sample(Kind(kind)), draft=True)
    with reading() as session:
        template = templates.current(session, Kind(kind))
    return papers.sent(papers.drafted(paper, medium, template))


@blueprint.post(f"/papers/templates/{_KIND}")
@permitted("papers.design")
def upload(kind: str) -> ResponseReturnValue:
    """Put another template into use, once it has passed every check."""
    actor = current_person()
    sent = request.files.get("template")
    content = sent.stream.read(checking.LARGEST + 1) if sent else b""
    if sent:
        sent.stream.seek(0)
    try:
        if not content:
            raise InvalidAnswers({"template": {"zh": "选一个 .docx。", "en": "Choose a .docx."}})
        checking.check(Kind(kind), content)
    except InvalidAnswers as error:
        return _page(kind, i18n.pick(error.fields["template"])), 422

    def work(session: Session) -> str:
        version = templates.replace(session, Kind(kind), content, by=actor)
        name = i18n.pick(NAMES[Kind(kind)])
        flash(_("「%(name)s」换成第 %(n)d 版了，以后出的公文用它。", name=name, n=version))
        return url_for("paper_templates.index", _anchor=kind)

    return once(work)


@blueprint.post(f"/papers/templates/{_KIND}/shipped")
@permitted("papers.design")
def go_back(kind: str) -> ResponseReturnValue:
    """Use the shipped template again."""
    actor = current_person()

    def work(session: Session) -> str:
        templates.go_back(session, Kind(kind), by=actor)
        flash(_("「%(name)s」用回自带的模板了。", name=i18n.pick(NAMES[Kind(kind)])))
        return url_for("paper_templates.index", _anchor=kind)

    return once(work)


def _page(kind: str = "", fault: str = "") -> str:
    with reading() as session:
        known = templates.versions(session)
    kinds: list[dict[str, Any]] = []
    for one in Kind:
        own = [version for version in known if version.kind == one]
        kinds.append(
            {
                "key": str(one),
                "name": NAMES[one],
                "versions": own,
                "in_use": own[0] if own and not own[0].shipped else None,
                "variables": [
                    (name, says)
                    for name, says in VARIABLES[one].items()
                    if not isinstance(says, Rows)
                ],
                "lists": [
                    (name, rows) for name, rows in VARIABLES[one].items() if isinstance(rows, Rows)
                ],
                "fault": fault if kind == one else "",
            }
        )
    return render_template(
        "papers/templates.html",
        kinds=kinds,
        largest=checking.LARGEST // 1024 // 1024,
        fault_links=[(f"file-{kind}", fault)] if fault else [],
    )
