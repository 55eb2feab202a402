"""Units (单位): founded, renamed, moved; closing one is `engine.commands.closing`."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from engine import administering, unit_hours
from engine.cleaning import cleaned_line
from engine.errors import InvalidAnswers, InvalidInput
from engine.models import Level, Unit, UnitKind
from engine.permissions import Actor

LONGEST_NAME, LONGEST_TEXT, LONGEST_PHONE = 100, 200, 40
MOST_A_DAY = 1000
KEY = re.compile(r"[a-z][a-z0-9_]{1,62}", re.ASCII)
MAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,120}\.[^@\s<>\"',;]{2,}")
PHONE = re.compile(r"[0-9+()\-\s\u8f6c]{3,40}")  # the sign before an extension is one of them
# What an administrator founds; a compartment is made on the server, as nobody outside would
# administer it afterwards.
KINDS = (UnitKind.DEPARTMENT, UnitKind.TERRITORY)
Fault = dict[str, str]
_FAULTS: dict[str, Fault] = {
    "key": {
        "zh": "小写英文字母开头，只用小写字母、数字和下划线，2 到 63 个。",
        "en": "Begin with a small letter; small letters, digits and underscores, 2 to 63.",
    },
    "taken": {"zh": "这个标识已经有单位用了。", "en": "A unit has this key already."},
    "name_zh": {
        "zh": f"写单位名称，最多 {LONGEST_NAME} 个字。",
        "en": f"Write the unit's name, at most {LONGEST_NAME} characters.",
    },
    "name_en": {
        "zh": f"最多 {LONGEST_NAME} 个字。",
        "en": f"At most {LONGEST_NAME} characters.",
    },
    "text": {"zh": f"最多 {LONGEST_TEXT} 个字。", "en": f"At most {LONGEST_TEXT} characters."},
    "phone": {
        "zh": "只用数字、空格、+、-、括号和「转」，3 到 40 个。",
        "en": "Digits, blanks, +, - and brackets, 3 to 40.",
    },
    "email": {"zh": "邮箱像这样：name@example.org。", "en": "An address such as name@example.org."},
    "level": {"zh": "从列出的层级里选。", "en": "Choose one of the levels."},
    "kind": {"zh": "选部门或属地。", "en": "Choose department or territory."},
    "hours": {
        "zh": "像这样：09:00-12:00,13:30-18:00；不填就按制度包的时间。",
        "en": "Such as 09:00-12:00,13:30-18:00; leave it empty for the pack's hours.",
    },
    "capacity": {
        "zh": f"填 1 到 {MOST_A_DAY} 的整数，不填就是没有定。",
        "en": f"A whole number from 1 to {MOST_A_DAY}; empty if nobody says.",
    },
    "parent": {"zh": "选一个您管的、没有撤销的单位。", "en": "Choose a unit in your care."},
    "below_itself": {
        "zh": "不能移到自己或者自己的下级下面。",
        "en": "A unit cannot stand below itself.",
    },
    "elsewhere": {
        "zh": "不能移到另一座城市，也不能移进或移出封闭单位：案件和保密都按它算。",
        "en": "Not to another city, nor into or out of a compartment: cases and secrecy go by it.",
    },
    "root": {"zh": "最上面的单位移不动。", "en": "The topmost unit stays where it is."},
}


@dataclass(frozen=True)
class UnitSaid:
    """What is said about a unit; see `engine.models.Unit`."""

    name_zh: str
    name_en: str = ""
    level: str = Level.CITY
    kind: str = UnitKind.DEPARTMENT
    territory: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    hours: str = ""
    capacity: int | None = None


def found(session: Session, key: str, parent: str, said: UnitSaid, *, by: Actor) -> Unit:
    """Add a unit below another. Raises `InvalidAnswers` by field, `NotAllowed`, `NotFound`."""
    above = administering.active_unit(session, parent, by)
    kept = tidied(said)
    wrong = faults(kept)
    if KEY.fullmatch(key) is None:
        wrong["key"] = _FAULTS["key"]
    elif session.get(Unit, key) is not None:
        wrong["key"] = _FAULTS["taken"]
    if wrong:
        raise InvalidAnswers(wrong)
    unit = Unit(key=key, parent_key=parent, path=f"{above.path}{key}/", **asdict(kept))
    session.add(unit)
    session.flush()
    administering.changed(session)
    administering.note(session, "unit.founded", by, unit=key, parent=parent, name=kept.name_zh)
    return unit


def change(session: Session, key: str, said: UnitSaid, *, by: Actor) -> list[str]:
    """Say anew what is said about a unit; the fields that changed.

    A compartment stays one. Raises as `found`.
    """
    unit = administering.active_unit(session, key, by)
    kept = tidied(said)
    wrong = faults(kept, compartment=unit.kind == UnitKind.COMPARTMENT)
    if wrong:
        raise InvalidAnswers(wrong)
    new = asdict(kept)
    if unit.kind == UnitKind.COMPARTMENT:
        new["kind"] = unit.kind
    before = {name: getattr(unit, name) for name in new}
    names = [name for name in new if new[name] != before[name]]
    if names:
        for name in names:
            setattr(unit, name, new[name])
        session.flush()
        administering.changed(session)
        told = {name: [before[name], new[name]] for name in names}
        administering.note(session, "unit.changed", by, unit=key, changed=told)
    return names


def move(session: Session, key: str, parent: str, *, by: Actor) -> None:
    """Put a unit with all below it under another one of the same city.

    Raises as `found`; a compartment's wall is never crossed.
    """
    unit = administering.active_unit(session, key, by)
    if unit.parent_key is None:
        raise InvalidAnswers({"parent": _FAULTS["root"]})
    within = administering.reach(session, by)
    above = session.get(Unit, parent) if parent in within else None
    if above is None or not above.active:
        raise InvalidAnswers({"parent": _FAULTS["parent"]})
    if above.path.startswith(unit.path):
        raise InvalidAnswers({"parent": _FAULTS["below_itself"]})
    if unit.parent_key not in within or not together(session, unit, above):
        raise InvalidAnswers({"parent": _FAULTS["elsewhere"]})
    if unit.parent_key == parent:
        return
    before, unit.parent_key = unit.parent_key, parent
    session.flush()
    relocate(session, unit.path, f"{above.path}{key}/")
    administering.changed(session)
    administering.note(session, "unit.moved", by, unit=key, changed={"parent": [before, parent]})


def relocate(session: Session, old: str, new: str) -> None:
    """Move the paths of a unit and of everything below it."""
    session.execute(
        update(Unit)
        .where(func.substr(Unit.path, 1, len(old)) == old)
        .values(path=new + func.substr(Unit.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def together(session: Session, one: Unit, other: Unit) -> bool:
    """Whether both are of one city and inside, or outside, the same compartment."""
    compartment = administering.compartment_of(session, one.path)
    return (
        one.path.split("/")[1] == other.path.split("/")[1]
        and one.kind != UnitKind.COMPARTMENT
        and compartment == administering.compartment_of(session, other.path)
    )


def tidied(said: UnitSaid) -> UnitSaid:
    """What was said with its white space in order."""
    texts: dict[str, Any] = {
        name: cleaned_line(value) if isinstance(value, str) else value
        for name, value in asdict(said).items()
    }
    texts["hours"] = texts["hours"].replace(" ", "").replace("，", ",").replace("：", ":")
    return UnitSaid(**texts)


def faults(said: UnitSaid, *, compartment: bool = False) -> dict[str, Fault]:
    """What is wrong with what was said, by field."""
    wrong: dict[str, Fault] = {}
    if not 1 <= len(said.name_zh) <= LONGEST_NAME:
        wrong["name_zh"] = _FAULTS["name_zh"]
    if len(said.name_en) > LONGEST_NAME:
        wrong["name_en"] = _FAULTS["name_en"]
    if said.level not in set(Level):
        wrong["level"] = _FAULTS["level"]
    if said.kind not in KINDS and not compartment:
        wrong["kind"] = _FAULTS["kind"]
    for name in ("territory", "contact"):
        if len(getattr(said, name)) > LONGEST_TEXT:
            wrong[name] = _FAULTS["text"]
    return wrong | reachable(said.phone, said.email, "phone") | _measured(said)


def reachable(phone: str, email: str, called: str) -> dict[str, Fault]:
    """What is wrong with a telephone number (in the field `called`) and an address."""
    wrong = {}
    if phone and PHONE.fullmatch(phone) is None:
        wrong[called] = _FAULTS["phone"]
    if email and (len(email) > LONGEST_TEXT or MAIL.fullmatch(email) is None):
        wrong["email"] = _FAULTS["email"]
    return wrong


def fitting_capacity(capacity: int | None) -> dict[str, Fault]:
    """What is wrong with a count of tasks in a day."""
    fits = capacity is None or 1 <= capacity <= MOST_A_DAY
    return {} if fits else {"capacity": _FAULTS["capacity"]}


def _measured(said: UnitSaid) -> dict[str, Fault]:
    wrong = fitting_capacity(said.capacity)
    if said.hours:
        try:
            unit_hours.parse(said.hours[:LONGEST_TEXT])
        except InvalidInput:
            wrong["hours"] = _FAULTS["hours"]
        if len(said.hours) > LONGEST_TEXT:
            wrong["hours"] = _FAULTS["hours"]
    return wrong
