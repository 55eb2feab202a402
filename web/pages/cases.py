"""The list of cases a person may open."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.queries import case_list, packs_in_use
from engine.queries.case_list import COUNTED, PAGE, Filter, Line, Page
from web import clocks, i18n, inbox_filter
from web.case_words import STATUS
from web.permitted import permitted
from web.request import current_person, installation, reading

blueprint = Blueprint("cases", __name__)

FEEDBACK = {
    "sent": lazy_gettext("派给部门的"),
    "answered": lazy_gettext("已反馈"),
    "waiting": lazy_gettext("还没反馈"),
}


@blueprint.get("/cases")
@permitted("case.read")
def index() -> str:
    """A page of the list."""
    wanted = _asked()
    with reading() as session:
        page = case_list.page(session, current_person(), wanted, installation().vault)
    return render_template(
        "cases/index.html",
        page=page,
        wanted=wanted,
        lines=[(line, _badge(line, page), _marks(line)) for line in page.lines],
        total=_("%(n)s 件以上", n=i18n.count(COUNTED)) if page.total >= COUNTED else None,
        size=PAGE,
        statuses=STATUS,
        stages=_names(page, "stages"),
        categories=_names(page, "categories"),
        units={key: i18n.pick(texts) for key, texts in page.units.items()},
        topics=_names(page, "topics"),
        feedbacks=FEEDBACK,
    )


def _asked() -> Filter:
    told = request.args
    return Filter(
        status=told.get("status", "")[:16],
        stage=told.get("stage", "")[:64],
        category=told.get("category", "")[:64],
        unit=told.get("unit", "")[:64],
        topic=told.get("topic", "")[:64],
        feedback=told.get("feedback", "")[:16],
        text=told.get("q", "").strip()[: inbox_filter.LONGEST_TEXT],
        page=inbox_filter.page_number(told),
    )


def _badge(line: Line, page: Page) -> clocks.Badge | None:
    if line.due is None:
        return None
    return clocks.badge_of(line.due, page.calendar, line.pack.hours, short=True)


def _marks(line: Line) -> tuple[int, int, str, str]:
    """Which stage of how many, what it is called, and the category."""
    keys = [one["key"] for one in line.pack.items("stages")]
    at = keys.index(line.stage) + 1 if line.stage in keys else 0
    name = i18n.pick(line.pack.item("stages", line.stage))
    return at, len(keys), name, i18n.pick(line.pack.item("categories", line.category))


def _names(page: Page, section: str) -> dict[str, str]:
    """What the packs in use call the entries of a section; the first that has a key names it."""
    named: dict[str, str] = {}
    for pack in packs_in_use.nearest(page.packs, current_person()):
        for one in pack.items(section):
            named.setdefault(one["key"], i18n.pick(one))
    return named
