"""Where one can go: the staff navigation, the portal's links, addresses with other arguments.

An entry is shown when its page is there and the person may open it. Naming rule: the blueprint
of a page is called as the entry's key, its main view `index`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _

from engine import permissions
from web.permitted import PUBLIC, grant_of
from web.request import signed_in

STAFF = (
    ("start", _("工作台")),
    ("inbox", _("待办")),
    ("day", _("我的一天")),
    ("notices", _("通知")),
    ("cases", _("诉求")),
    ("intake", _("登记")),
    ("callbacks", _("回访")),
    ("publishing", _("发布")),
    ("precedents", _("先例")),
    ("phrases", _("常用语")),
    ("supervision", _("监督")),
    ("called", _("约谈和承诺")),
    ("topics", _("主题")),
    ("rates", _("指标")),
    ("digests", _("专报")),
    ("instructions", _("批示")),
    ("definitions", _("流程")),
    ("design", _("流程设计")),
    ("operations", _("运行")),
    ("admin", _("管理")),
)
PORTAL = (("track", _("查进度")), ("public", _("公开")))
FOOT = (
    ("portal.privacy", _("怎样保护您的信息")),
    ("anchors.index", _("每夜存证")),
    ("portal.accessibility", _("无障碍说明")),
)
# After g, the letter that leads to an entry's page.
GO = {
    "start": "s",
    "inbox": "i",
    "cases": "c",
    "intake": "e",
    "callbacks": "b",
    "publishing": "p",
    "precedents": "x",
    "supervision": "d",
    "topics": "t",
    "rates": "r",
    "definitions": "f",
    "design": "l",
    "operations": "o",
    "admin": "a",
    "notices": "n",
    "day": "m",
}
# Pages that are reached from an entry and belong under it: blueprint -> key of the entry.
UNDER = {
    "task": "inbox",
    "bulk": "inbox",
    "views": "inbox",
    "task_writing": "inbox",
    "case": "cases",
    "merges": "cases",
    "urging": "cases",
    "together": "cases",
    "interview": "supervision",
    "papers": "supervision",
    "rules": "supervision",
    "unit_word": "supervision",
    "promises": "supervision",
    "unit_history": "supervision",
    "group_interviews": "supervision",
    "paper_templates": "definitions",
    "design_files": "design",
    "design_talk": "design",
    "design_rules": "design",
    "design_import": "design",
    "design_diagram": "design",
    "design_decisions": "design",
    "design_forms": "design",
    "design_packs": "design",
    "design_compare": "design",
    "design_deploying": "design",
    "design_map": "definitions",
    "incidents": "operations",
    "dead_letters": "operations",
    "undelivered": "operations",
    "moves": "operations",
    "people": "admin",
    "absences": "admin",
    "handover": "admin",
    "organisation_import": "admin",
    "calendar": "admin",
    "packs": "admin",
    "tokens": "admin",
    "password": "start",
    "problem": "inbox",
}


@dataclass(frozen=True)
class Entry:
    """A link of the navigation."""

    key: str
    label: str
    url: str
    current: bool = False

    @property
    def go(self) -> str:
        """The letter that leads here after g, "" for none."""
        return GO.get(self.key, "")


def staff() -> list[Entry]:
    """The entries of the person who is signed in."""
    actor = signed_in()
    if actor is None:
        return []
    here = UNDER.get(request.blueprint or "", request.blueprint)
    entries = []
    for key, label in STAFF:
        grant = grant_of(current_app, f"{key}.index")
        if grant and (grant == PUBLIC or permissions.may(actor, grant)):
            entries.append(Entry(key, str(label), url_for(f"{key}.index"), key == here))
    return entries


def home() -> str:
    """Where a signed-in person begins."""
    entries = staff()
    return entries[0].url if entries else portal_home()


def portal() -> list[Entry]:
    """The links at the head of a citizen's page."""
    return [Entry(k, str(label), url_for(f"{k}.index")) for k, label in PORTAL if _has(k)]


def foot() -> list[Entry]:
    """The links at its foot."""
    return [
        Entry(name, str(label), url_for(name))
        for name, label in FOOT
        if name in current_app.view_functions
    ]


def portal_home() -> str:
    """The citizens' first page."""
    return url_for("portal.index") if _has("portal") else "/"


def search_url() -> str:
    """Where a number can be looked for: the cases for staff, tracking for citizens."""
    for key in ("cases",) if signed_in() else ("track",):
        if _has(key):
            return url_for(f"{key}.index")
    return ""


def back() -> str:
    """The page this request came from, if it was one of ours, else the start."""
    came = urlsplit(request.referrer or "")
    if came.netloc == request.host and came.path != request.path:
        return local_path(came.path + (f"?{came.query}" if came.query else "")) or home()
    return home()


def local_path(address: str | None) -> str:
    """`address` if it is a path of this site, else nothing."""
    if not address or not address.startswith("/") or address[1:2] in {"/", "\\"}:
        return ""
    parts = urlsplit(address)
    plain = all(c.isprintable() for c in address) and "\\" not in address
    return address if plain and not parts.netloc and not parts.scheme else ""


def url_with(**changed: object) -> str:
    """The page's address with some arguments changed; None or "" drops one."""
    arguments = request.args.to_dict(flat=False)
    for name, value in changed.items():
        if value is None or value == "":
            arguments.pop(name, None)
        else:
            arguments[name] = [str(value)]
    if "page" not in changed and changed.keys() - {"lang"}:
        arguments.pop("page", None)  # another filter begins on its first page
    query = urlencode(arguments, doseq=True)
    return request.path + (f"?{query}" if query else "")


def page_numbers(number: int, last: int) -> Sequence[int | None]:
    """The page numbers to link: the ends and three around `number`; None is a gap."""
    near = {1, last, *range(max(1, number - 1), min(last, number + 1) + 1)}
    told: list[int | None] = []
    for n in sorted(near):
        if told and told[-1] is not None and n > told[-1] + 1:
            told.append(None)
        told.append(n)
    return told


def _has(key: str) -> bool:
    return f"{key}.index" in current_app.view_functions
