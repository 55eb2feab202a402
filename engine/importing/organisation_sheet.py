"""A sheet of units and people (组织表): which column holds what, and what a row says.

A row names a unit and maybe a person with a role in it; what is empty is not said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.errors import InvalidInput
from engine.importing import refused_rows
from engine.importing.reading import open_records
from engine.importing.reasons import Reason, RowRefused, columns
from engine.importing.records import Row
from engine.models import Level, Role, UnitKind

# What a row is made of, and how the columns are called that hold it, in order of trust.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "unit_key": ("unit_key", "单位标识", "单位编码", "单位代码", "机构编码", "部门编码"),
    "unit": (
        "unit", "单位", "单位名称", "部门", "部门名称", "机构", "机构名称", "所在单位", "科室",
        "department",
    ),
    "unit_en": ("unit_en", "单位英文名"),
    "parent": (
        "parent", "上级单位", "上级", "上级部门", "主管单位", "主管部门", "上级机构", "所属单位",
    ),
    "level": ("level", "层级", "级别"),
    "kind": ("kind", "单位类别", "单位性质", "类别"),
    "territory": ("territory", "辖区", "管辖范围", "服务范围", "区域"),
    "unit_phone": ("unit_phone", "单位电话", "办公电话", "值班电话"),
    "hours": ("hours", "办公时间", "工作时间", "上班时间"),
    "login": ("login", "登录名", "账号", "用户名", "帐号", "登录账号", "工号", "username"),
    "name": ("name", "姓名", "人员", "人员姓名"),
    "name_en": ("name_en", "英文名", "拼音", "姓名拼音"),
    "mobile": ("mobile", "手机", "手机号", "手机号码", "联系电话", "电话", "phone"),
    "email": ("email", "邮箱", "电子邮箱", "电子邮件", "邮件", "mail"),
    "role": ("role", "角色", "岗位", "职责", "分工", "任职"),
    "capacity": ("capacity", "每日件数", "日办件数", "每天件数", "日容量"),
    "from_on": ("from_on", "任职起", "开始日期", "起始日期", "从"),
    "until_on": ("until_on", "任职止", "结束日期", "截止日期", "到"),
}  # fmt: skip
ROLES: Mapping[str, Role] = {
    "受理员": Role.INTAKE, "受理": Role.INTAKE, "接线员": Role.INTAKE,
    "初审员": Role.SCREENER, "初审": Role.SCREENER,
    "派单员": Role.DISPATCHER, "转办员": Role.DISPATCHER, "派单": Role.DISPATCHER,
    "裁定员": Role.RULER,
    "承办人": Role.HANDLER, "承办": Role.HANDLER, "经办人": Role.HANDLER,
    "审核员": Role.REVIEWER, "审核": Role.REVIEWER,
    "发布员": Role.PUBLISHER,
    "回访员": Role.CALLER, "回访": Role.CALLER,
    "督办员": Role.SUPERVISOR, "督办": Role.SUPERVISOR,
    "领导": Role.LEADER, "负责人": Role.LEADER,
    "审批人": Role.APPROVER,
    "流程设计员": Role.DESIGNER,
    "管理员": Role.ADMINISTRATOR,
    "保密专员": Role.CUSTODIAN,
    "纪检监察员": Role.INSPECTOR,
}  # fmt: skip
LEVELS: Mapping[str, Level] = {
    "市": Level.CITY, "市级": Level.CITY,
    "区": Level.DISTRICT, "县": Level.DISTRICT, "区县": Level.DISTRICT, "区级": Level.DISTRICT,
    "县级": Level.DISTRICT, "区县级": Level.DISTRICT,
    "街道": Level.TOWNSHIP, "乡": Level.TOWNSHIP, "镇": Level.TOWNSHIP, "乡镇": Level.TOWNSHIP,
    "街道乡镇": Level.TOWNSHIP, "镇街": Level.TOWNSHIP,
    "村": Level.VILLAGE, "社区": Level.VILLAGE, "村社区": Level.VILLAGE, "居委会": Level.VILLAGE,
}  # fmt: skip
KINDS: Mapping[str, UnitKind] = {
    "部门": UnitKind.DEPARTMENT, "职能部门": UnitKind.DEPARTMENT,
    "属地": UnitKind.TERRITORY, "地方": UnitKind.TERRITORY,
}  # fmt: skip
_LOOKED_AT = 10  # above the headings there may be a title, a date, an empty line
_BETWEEN = re.compile(r"[、,，;；/\s]+")
_DATE = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?(?:\s*00:00:00)?", re.ASCII)


@dataclass(frozen=True)
class Sheet:
    """A sheet of the organisation, read whole. fields: field -> position of its column."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    fields: Mapping[str, int]

    @property
    def unused(self) -> tuple[str, ...]:
        """Headings of columns that nothing is taken from."""
        taken = set(self.fields.values())
        return tuple(one for place, one in enumerate(self.headings) if one and place not in taken)


@dataclass(frozen=True)
class Entry:
    """What one row says; empty where it says nothing."""

    unit_key: str
    unit: str
    unit_en: str
    parent: str
    level: str
    kind: str
    territory: str
    unit_phone: str
    hours: str
    login: str
    name: str
    name_en: str
    mobile: str
    email: str
    roles: tuple[Role, ...]
    capacity: int | None
    from_on: date | None
    until_on: date | None


def read(
    path: Path, most: int, *, said: Mapping[str, str] | None = None, sheet: str | None = None
) -> Sheet:
    """The sheet in a CSV or XLSX file of at most `most` rows.

    said: field -> heading, where the guess is wrong; an empty heading leaves the field out. sheet:
    of a spreadsheet, its first if none is named. Raises `InvalidInput`.
    """
    records = open_records(path, sheet)
    try:
        rows = list(_first(records.rows, most + _LOOKED_AT + 1))
    finally:
        records.close()
    place = next(
        (n for n, row in enumerate(rows[:_LOOKED_AT]) if "unit" in _guessed(row.cells, {})), 0
    )
    if not rows:
        raise InvalidInput(path.name, "a line of headings", "an empty file")
    headings = [cell.strip().strip("\ufeff") for cell in rows[place].cells]
    below: list[Row] = rows[place + 1 :]
    if len(below) > most:
        raise InvalidInput(path.name, f"at most {most} rows", "more")
    if refused_rows.is_of(headings):
        headings, below = refused_rows.bare(headings), list(refused_rows.restored(below))
    fields = _guessed(headings, said or {})
    if "unit" not in fields and "unit_key" not in fields:
        raise InvalidInput(
            "headings",
            "a column with the unit, such as 单位 or unit; say which by --map unit=HEADING",
            ", ".join(headings)[:200],
        )
    return Sheet(tuple(headings), tuple(below), fields)


def entry(row: Row, sheet: Sheet) -> Entry:
    """What a row says. Raises `RowRefused`."""
    if row.fault is not None:
        raise RowRefused(row.fault)
    cells = list(row.cells)
    while len(cells) > len(sheet.headings) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(sheet.headings):
        raise RowRefused(columns(len(sheet.headings), len(cells)))
    for flaw in row.flaws.values():
        raise RowRefused(flaw)
    said = {
        name: cells[place].strip() if place < len(cells) else ""
        for name, place in sheet.fields.items()
    }
    texts = {name: said.get(name, "") for name in HEADINGS}
    for name in ("level", "kind"):
        texts[name] = _known(texts[name], LEVELS if name == "level" else KINDS, sheet, name)
    return Entry(
        **{name: texts[name] for name in _TEXTS},
        roles=_roles(texts["role"]),
        capacity=_number(texts["capacity"]),
        from_on=_day("from_on", texts["from_on"]),
        until_on=_day("until_on", texts["until_on"]),
    )


_TEXTS = (
    "unit_key", "unit", "unit_en", "parent", "level", "kind", "territory", "unit_phone", "hours",
    "login", "name", "name_en", "mobile", "email",
)  # fmt: skip


def _first(rows: Iterator[Row], most: int) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number == most:
            return
        if row.fault is not None or any(cell.strip() for cell in row.cells):
            yield row


def _guessed(headings: Sequence[str], said: Mapping[str, str]) -> dict[str, int]:
    """Field -> position: as said, else as its heading lets guess."""
    bare = [_bare(one) for one in headings]
    fields: dict[str, int] = {}
    for name, heading in said.items():
        if name not in HEADINGS:
            raise InvalidInput("--map", f"one of {', '.join(HEADINGS)}", name[:40])
        if heading and _bare(heading) not in bare:
            raise InvalidInput("--map", f"one of the headings {', '.join(headings)[:200]}")
        if heading:
            fields[name] = bare.index(_bare(heading))
    taken = set(fields.values())
    for name, names in HEADINGS.items():
        if name in said:
            continue
        places = (bare.index(one) for one in map(_bare, names) if one in bare)
        place = next((one for one in places if one not in taken), None)
        if place is not None:
            fields[name] = place
            taken.add(place)
    return fields


def _bare(heading: str) -> str:
    """A heading without case, blanks and what stands in brackets."""
    return re.sub(r"[\s\-:：*\u200b\ufeff]|[(（【\[].*?[)）】\]]", "", heading.strip().lower())


def _known(text: str, words: Mapping[str, str], sheet: Sheet, name: str) -> str:
    if not text or text in set(words.values()):
        return text
    found = words.get(re.sub(r"[\s/、（）()]", "", text))
    if found is None:
        heading = sheet.headings[sheet.fields[name]]
        told = "、".join(words)
        raise RowRefused(
            Reason(
                f"{heading}：没有「{text[:20]}」，有的是{told}。",
                f"{name}: one of {', '.join(sorted(set(words.values())))}",
            )
        )
    return str(found)


def _roles(text: str) -> tuple[Role, ...]:
    found = []
    for word in filter(None, _BETWEEN.split(text)):
        role = ROLES.get(word) or (Role(word) if word in set(Role) else None)
        if role is None:
            raise RowRefused(
                Reason(
                    f"角色：没有「{word[:20]}」，有的是{'、'.join(_MAIN)}。",
                    f"role: one of {', '.join(Role)}",
                )
            )
        found.append(role)
    return tuple(dict.fromkeys(found))


# The first word of each role.
_MAIN = tuple(next(word for word, one in ROLES.items() if one == role) for role in Role)


def _number(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII):
        raise RowRefused(Reason("每日件数：要整数。", "capacity: a whole number"))
    return int(text)


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        if found is not None:
            return date(*map(int, found.groups()))
    except ValueError:
        pass
    raise RowRefused(Reason("日期：写成 2026-11-02 这样。", f"{name}: a date such as 2026-11-02"))
