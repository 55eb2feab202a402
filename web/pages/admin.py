"""Units (单位): the tree, one of them, founding, moving and closing it."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import holdings
from engine.commands import absences, closing, units
from engine.commands.units import UnitSaid
from engine.errors import NotFound
from engine.models import Level, Unit, UnitKind
from engine.queries import capacity, organisation, roster
from web import administration, i18n
from web.administration import fault_links, tried
from web.permitted import permitted
from web.request import current_person, once, reading, transaction

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
_FRESH = {"level": Level.CITY, "kind": UnitKind.DEPARTMENT}


@dataclass(frozen=True)
class _Shown:
    row: Unit
    names: dict[str, str]


@blueprint.get("")
@permitted("admin")
def index() -> ResponseReturnValue:
    """The tree of units, and the form that founds one."""
    return _tree({**_FRESH, "parent": request.args.get("parent", "")[:64]}, {})


@blueprint.post("/units")
@permitted("admin")
def found() -> ResponseReturnValue:
    """Found a unit below another."""
    form = administration.typed("key", "parent")
    said = administration.unit_said()

    def work(session: Session) -> str:
        key = form["key"].strip()
        units.found(session, key, form["parent"], said, by=current_person())
        flash(_("建好了。加上人，它就有自己的待办。"))
        return url_for("admin.unit", key=key)

    return tried(lambda: once(work), lambda faults: _tree({**asdict(said), **form}, faults))  # type: ignore[no-any-return]


@blueprint.get("/units/<key>")
@permitted("admin")
def unit(key: str) -> ResponseReturnValue:
    """One unit: its people and their load, what stands below, what was done."""
    return _unit(key)


@blueprint.post("/units/<key>")
@permitted("admin")
def change(key: str) -> ResponseReturnValue:
    """Say anew what is said about it."""
    said = administration.unit_said()

    def work(session: Session) -> str:
        changed = units.change(session, key, said, by=current_person())
        flash(_("存好了。") if changed else _("没有要改的。"))
        return url_for("admin.unit", key=key)

    return tried(lambda: once(work), lambda faults: _unit(key, asdict(said), faults))  # type: ignore[no-any-return]


@blueprint.post("/units/<key>/move")
@permitted("admin")
def move(key: str) -> ResponseReturnValue:
    """Put it under another."""
    parent = administration.typed("parent")["parent"][:64]

    def work(session: Session) -> str:
        units.move(session, key, parent, by=current_person())
        flash(_("换好了上级。"))
        return url_for("admin.unit", key=key)

    return tried(lambda: once(work), lambda faults: _unit(key, None, faults))  # type: ignore[no-any-return]


@blueprint.get("/units/<key>/closing")
@permitted("admin")
def preview(key: str) -> ResponseReturnValue:
    """What closing it would do, with this successor."""
    return _closing(key, request.args.get("to", "")[:64], {})


@blueprint.post("/units/<key>/closing")
@permitted("admin")
def close(key: str) -> ResponseReturnValue:
    """Close it."""
    actor, to = current_person(), administration.typed("successor")["successor"][:64]

    def work(session: Session) -> str:
        done = closing.close(session, key, to or None, by=actor)
        flash(
            _(
                "撤销了。交过去 %(cases)s 件诉求、%(posts)s 个任职、%(units)s 个下级单位。",
                cases=done.cases,
                posts=done.posts,
                units=done.units,
            )
        )
        return url_for("admin.unit", key=key)

    answer = tried(lambda: once(work), lambda faults: _closing(key, to, faults))
    if not isinstance(answer, tuple):
        with transaction() as session:  # what others handed it meanwhile
            closing.sweep(session, key, by=actor)
    return answer  # type: ignore[no-any-return]


def _tree(values: dict[str, Any], faults: dict[str, str]) -> str:
    actor = current_person()
    with reading() as session:
        lines = organisation.tree(session, actor)
        parents = organisation.choices(session, actor)
    closed = bool(request.args.get("closed"))
    return render_template(
        "admin/index.html",
        lines=[line for line in lines if line.active or closed],
        any_closed=any(not line.active for line in lines),
        closed=closed,
        parents=administration.units(parents),
        values=values,
        faults=faults,
        fault_links=fault_links(faults),
        **_words(),
    )


def _unit(
    key: str, values: dict[str, Any] | None = None, faults: dict[str, str] | None = None
) -> str:
    actor = current_person()
    with reading() as session:
        row = organisation.unit(session, actor, key)
        names = organisation.unit_names(session)
        on = absences.today(session)
        loads = {one.person_id: one for one in capacity.of_unit(session, key, on, seen_by=actor)}
        parents = organisation.choices(session, actor, without=row.path)
        tree = organisation.tree(session, actor)
        seen = {line.key for line in tree}
        context: dict[str, Any] = dict(
            unit=_shown(row),
            above=[(one, names[one]) for one in row.path.strip("/").split("/")[:-1] if one in seen],
            successor=names.get(row.successor_key or ""),
            posts=roster.posts_of_unit(session, key),
            loads=loads,
            below=_below(tree, key),
            acts=organisation.acts(session, f"unit:{key}"),
            parents=administration.units(parents),
            values=values or {name: getattr(row, name) for name in UnitSaid.__dataclass_fields__},
            faults=faults or {},
            fault_links=fault_links(faults or {}),
            **_words(),
        )
    return render_template("admin/unit.html", **context)


def _closing(key: str, to: str, faults: dict[str, str]) -> str:
    actor = current_person()
    with reading() as session:
        row = organisation.unit(session, actor, key)
        if not row.active:
            raise NotFound
        heirs = organisation.choices(session, actor, without=row.path)
        heir = session.get(Unit, to) if to in dict(heirs) else None
        held = holdings.of_unit(session, key)
        why = closing.why_not(session, row, heir)
        context: dict[str, Any] = {
            "unit": _shown(row),
            "held": _held(held),
            "heirs": administration.units(heirs),
            "to": heir.key if heir else "",
            "heir": organisation.texts(heir.name_zh, heir.name_en) if heir else None,
            "why": i18n.pick(why) if why else "",
            "fault_links": fault_links(faults),
        }
    return render_template("admin/closing.html", **context)


def _held(held: holdings.OfUnit) -> list[tuple[str, str]]:
    return [
        (label, i18n.count(number))
        for label, number in (
            (_("诉求"), held.cases),
            (_("待办"), held.tasks),
            (_("等它领办的"), held.offered),
            (_("督办"), held.supervisions),
            (_("征求意见"), held.opinions),
            (_("下级单位"), held.units),
            (_("任职"), held.people),
        )
    ]


def _below(tree: list[organisation.UnitLine], key: str) -> list[organisation.UnitLine]:
    """The units right below one."""
    start = next(n for n, line in enumerate(tree) if line.key == key)
    found = []
    for line in tree[start + 1 :]:
        if line.depth <= tree[start].depth:
            break
        if line.depth == tree[start].depth + 1 and line.active:
            found.append(line)
    return found


def _shown(row: Unit) -> _Shown:
    return _Shown(row, dict(organisation.texts(row.name_zh, row.name_en)))


def _words() -> dict[str, Any]:
    return {
        "levels": administration.levels(),
        "kinds": administration.kinds(),
        "level_name": lambda key: str(administration.LEVELS.get(key, key)),
        "role_name": administration.role_name,
        "span": administration.span,
        "act_words": administration.act_words,
    }
