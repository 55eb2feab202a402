"""Keeping conditions on the inbox under a name (保存视图): own, or shared with one's unit."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from engine import clock, history, permissions
from engine.db import new_key
from engine.errors import Conflict, InvalidInput, NotFound
from engine.history import Entry
from engine.identity import normal_phone
from engine.models import Desk, Role, SavedView
from engine.permissions import Actor

LONGEST_NAME = 60
MOST = 30  # of one person, and of one unit
TEXT = "q"  # the condition under which text is looked for
_LARGEST = 2000  # characters of conditions
_SHORTEST_PHONE = 7


def save(
    session: Session,
    name: str,
    conditions: Mapping[str, Any],
    *,
    by: Actor,
    unit: str = "",
    first_for: Collection[str] = (),
) -> UUID:
    """Keep a view; its key. unit: one of the person's own, to share it with.

    first_for: roles whose people of the unit begin with it. Raises `InvalidInput`, `NotAllowed`,
    `Conflict` if there are too many or one of that name.
    """
    values = _values(name, by, unit, first_for)
    if len(str(dict(conditions))) > _LARGEST:
        raise InvalidInput("conditions", f"at most {_LARGEST} characters")
    if _is_phone(str(conditions.get(TEXT, ""))):
        raise InvalidInput("phone", "no phone, which is kept nowhere but in the vault")
    _require_room(session, values["name"], by, unit)
    key = new_key()
    session.add(
        SavedView(
            id=key,
            person_id=by.id,
            conditions=dict(conditions),
            saved_at=clock.now(),
            **values,
        )
    )
    session.flush()
    _note(session, "view.shared", unit, key, values["name"], by)
    return key


def change(
    session: Session,
    view_id: UUID,
    name: str,
    *,
    by: Actor,
    unit: str = "",
    first_for: Collection[str] = (),
) -> None:
    """Rename a view, share it, or take it back. Raises as `save`, and `NotFound`."""
    view = _own(session, view_id, by)
    values = _values(name, by, unit, first_for)
    if (values["name"], unit) != (view.name, view.unit_key or ""):
        _require_room(session, values["name"], by, unit, besides=view_id)
    _note(session, "view.unshared", view.unit_key or "", view_id, view.name, by)
    for column, value in values.items():
        setattr(view, column, value)
    session.flush()
    _note(session, "view.shared", unit, view_id, values["name"], by)


def remove(session: Session, view_id: UUID, *, by: Actor) -> str:
    """Take a view away, also from whose inbox opened on it; its name. Raises as `change`."""
    view = _own(session, view_id, by)
    name, unit = view.name, view.unit_key or ""
    session.execute(update(Desk).where(Desk.first_view == view_id.hex).values(first_view=""))
    session.execute(delete(SavedView).where(SavedView.id == view_id))
    _note(session, "view.unshared", unit, view_id, name, by)
    return name


def begin_with(session: Session, first_view: str, *, by: Actor) -> None:
    """What the person's inbox opens on: a view of its own, the hex key of a saved one, or ""."""
    if len(first_view) == 32:
        _seen(session, UUID(hex=first_view), by)
    desk = session.get(Desk, by.id)
    if desk is None:
        session.add(Desk(person_id=by.id, first_view=first_view))
    else:
        desk.first_view = first_view
    session.flush()


def may_choose_first(by: Actor, unit: str) -> bool:
    """Whether the person may say what others of the unit begin with."""
    return any(by.acts_for(role, unit) for role in permissions.GRANTS["view.first"] & by.roles)


def _is_phone(text: str) -> bool:
    try:
        return len(normal_phone(text)) >= _SHORTEST_PHONE
    except InvalidInput:
        return False


def _values(name: str, by: Actor, unit: str, first_for: Collection[str]) -> dict[str, Any]:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput("name", f"1 to {LONGEST_NAME} characters", f"{len(name)}")
    permissions.require(not unit or unit in by.units, "Views are shared with one's own unit.")
    roles = sorted({str(Role(role)) for role in first_for if role in set(Role)})
    if roles:
        permissions.require(bool(unit) and may_choose_first(by, unit))
    return {
        "name": name,
        "unit_key": unit or None,
        "first_for": f",{','.join(roles)}," if roles else "",
    }


def _require_room(
    session: Session, name: str, by: Actor, unit: str, besides: UUID | None = None
) -> None:
    beside = (
        SavedView.unit_key == unit
        if unit
        else (SavedView.unit_key.is_(None)) & (SavedView.person_id == by.id)
    )
    query = select(func.count()).select_from(SavedView).where(beside)
    if besides is not None:
        query = query.where(SavedView.id != besides)
    if (session.scalar(query) or 0) >= MOST:
        raise Conflict("There are too many saved views.", most=MOST)
    if session.scalar(query.where(SavedView.name == name)):
        raise Conflict("There is a view of this name.", name=name)


def _own(session: Session, view_id: UUID, by: Actor) -> SavedView:
    """A view the person may change: the own, or one shared with a unit one may choose for."""
    view = _seen(session, view_id, by)
    mine = view.person_id == by.id
    permissions.require(
        mine or (view.unit_key is not None and may_choose_first(by, view.unit_key)),
        "The view is somebody else's.",
    )
    return view


def _seen(session: Session, view_id: UUID, by: Actor) -> SavedView:
    view = session.get(SavedView, view_id)
    if view is None or not (
        (view.unit_key is None and view.person_id == by.id) or view.unit_key in by.lineage
    ):
        raise NotFound("No such view.")
    return view


def _note(session: Session, kind: str, unit: str, view: UUID, name: str, by: Actor) -> None:
    """What is shared with a unit stands in the unit's own record."""
    if unit:
        entry = Entry(kind, clock.now(), by.id, payload={"view": view.hex, "name": name})
        history.record(session, f"unit:{unit}", [entry])
