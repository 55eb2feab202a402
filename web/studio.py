"""What all pages of a draft share: its tabs and its address."""

from dataclasses import dataclass
from uuid import UUID

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _

from engine.commands.design_contents import PROCESS
from engine.models import DesignKind
from engine.queries.design_drafts import Opened

# Endpoint and label, in order; a page that is not there is not offered.
_TABS = {
    DesignKind.PROCESS: (
        ("design_diagram.index", _("图")),
        ("design_decisions.index", _("决策表")),
        ("design_forms.index", _("任务表单")),
        ("design_talk.index", _("批注")),
        ("design_compare.draft", _("对比")),
        ("design_deploying.review", _("部署前检查")),
    ),
    DesignKind.PACK: (
        ("design_packs.index", _("时限与目录")),
        ("design_compare.draft", _("对比")),
        ("design_deploying.review", _("部署前检查")),
    ),
}


@dataclass(frozen=True)
class Tab:
    """A page of a draft."""

    label: str
    url: str
    current: bool


def address(draft_id: UUID) -> str:
    """Where a draft is opened."""
    return url_for("design.draft", draft_id=draft_id)


def page_of(draft_id: UUID, path: str) -> str | None:
    """Where a file of a process draft is worked on, None if nowhere."""
    if path.endswith(".dmn"):
        key = path.removesuffix(".dmn")
        return url_for("design_decisions.show", draft_id=draft_id, key=key)
    if path.startswith("forms/"):
        key = path.removeprefix("forms/").removesuffix(".json")
        return url_for("design_forms.show", draft_id=draft_id, key=key)
    return url_for("design_diagram.index", draft_id=draft_id) if path == PROCESS else None


def tabs(opened: Opened) -> list[Tab]:
    """The pages of a draft."""
    return [
        Tab(
            str(label),
            url_for(endpoint, draft_id=opened.line.id),
            (request.blueprint or "") == endpoint.split(".", 1)[0],
        )
        for endpoint, label in _TABS[opened.line.kind]
        if endpoint in current_app.view_functions
    ]
