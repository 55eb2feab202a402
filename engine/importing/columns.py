"""Which column of a file means what: said, remembered, or guessed from its headings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import InvalidInput

# What a message is made of, and how the columns are called that hold it, in order of trust.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "source_id",
        "msg_id",
        "message_id",
        "case_id",
        "id",
        "编号",
        "留言编号",
        "信件编号",
        "工单编号",
        "工单号",
        "来件编号",
        "诉求编号",
        "序号",
        "unique_key",
        "service_request_id",
        "no",
        "number",
    ),
    "title": (
        "title",
        "subject",
        "标题",
        "主题",
        "留言主题",
        "信件标题",
        "诉求标题",
        "来信标题",
        "headline",
        "complaint_type",
        "service_name",
    ),
    "body": (
        "body",
        "content",
        "text",
        "description",
        "message",
        "内容",
        "正文",
        "留言详情",
        "留言内容",
        "诉求内容",
        "反映内容",
        "来信内容",
        "信件内容",
        "工单内容",
        "详情",
        "描述",
        "descriptor",
    ),
    "received_at": (
        "received_at",
        "created_at",
        "created",
        "date",
        "created_date",
        "requested_datetime",
        "dateline",
        "datetime",
        "time",
        "时间",
        "日期",
        "留言时间",
        "来信时间",
        "来电时间",
        "受理时间",
        "提交时间",
        "反映时间",
        "创建时间",
        "登记时间",
        "接收时间",
    ),
    "category": (
        "category",
        "label",
        "domain_name",
        "type",
        "分类",
        "类别",
        "类型",
        "一级标签",
        "一级分类",
        "诉求分类",
        "诉求类别",
        "问题分类",
        "事项分类",
    ),
    "channel": ("channel", "渠道", "来源渠道", "来件渠道", "受理渠道", "诉求渠道"),
    "place": (
        "place",
        "address",
        "location",
        "incident_address",
        "地点",
        "地址",
        "位置",
        "事发地点",
        "事发地址",
        "区域",
    ),
    "name": (
        "name",
        "reporter",
        "user",
        "username",
        "姓名",
        "联系人",
        "诉求人",
        "来电人",
        "反映人",
        "市民姓名",
        "留言用户",
        "用户",
        "昵称",
    ),
    "phone": (
        "phone",
        "mobile",
        "telephone",
        "tel",
        "电话",
        "手机",
        "手机号",
        "联系电话",
        "联系方式",
        "来电号码",
        "电话号码",
    ),
}
NEEDED = "body"


class How(StrEnum):
    """How it is known what a column holds."""

    SAID = "said"
    REMEMBERED = "remembered"
    GUESSED = "guessed"


@dataclass(frozen=True)
class Column:
    """One column that is used. place: from 0."""

    field: str
    heading: str
    place: int
    how: How


@dataclass(frozen=True)
class Columns:
    """What a file's columns hold. left_out: fields that were to have none; unused: headings."""

    found: tuple[Column, ...]
    left_out: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def places(self) -> dict[str, int]:
        """Field -> position."""
        return {column.field: column.place for column in self.found}

    @property
    def headings(self) -> dict[str, str]:
        """Field -> heading, to be remembered; empty for a field that is left out."""
        known = {column.field: column.heading for column in self.found}
        return known | dict.fromkeys(self.left_out, "")


def find(
    headings: Sequence[str],
    said: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
) -> Columns:
    """What is in which column: as said, else as remembered, else as its heading lets guess.

    said, remembered: field -> heading; an empty heading leaves the field out. Raises
    `InvalidInput` for a field or heading that is none, if a remembered heading is gone, and if no
    column holds the text.
    """
    said, bare = said or {}, [_bare(heading) for heading in headings]
    known = {field: heading for field, heading in (remembered or {}).items() if field not in said}
    found: dict[str, Column] = {}
    for how, wanted in ((How.SAID, said), (How.REMEMBERED, known)):
        for field, heading in wanted.items():
            if field not in HEADINGS:
                raise InvalidInput("--map", f"one of {', '.join(HEADINGS)}", field[:40])
            if not heading:
                continue
            if _bare(heading) not in bare:
                _refuse(how, field, heading, headings)
            place = bare.index(_bare(heading))
            found[field] = Column(field, headings[place], place, how)
    taken = {column.place for column in found.values()}
    for field, names in HEADINGS.items():
        if field in said or field in known:
            continue
        places = [bare.index(name) for name in map(_bare, names) if name in bare]
        free = [place for place in places if place not in taken]
        if free:
            found[field] = Column(field, headings[free[0]], free[0], How.GUESSED)
            taken.add(free[0])
    if NEEDED not in found:
        raise InvalidInput(
            "headings",
            "a column with the text, such as 内容 or body; say which by --map body=HEADING",
            _list(headings),
        )
    return Columns(
        tuple(found[field] for field in HEADINGS if field in found),
        tuple(field for field, heading in (known | dict(said)).items() if not heading),
        tuple(name for place, name in enumerate(headings) if name and place not in taken),
    )


def names_the_text(cells: Sequence[str], said: Mapping[str, str] | None = None) -> bool:
    """Whether a row looks like headings: it names a column for the text."""
    wanted = {_bare((said or {}).get(NEEDED, ""))} - {""} or set(map(_bare, HEADINGS[NEEDED]))
    return bool(wanted & set(map(_bare, cells)))


def _refuse(how: How, field: str, heading: str, headings: Sequence[str]) -> None:
    if how is How.SAID:
        raise InvalidInput("--map", f"one of the headings {_list(headings)}", heading[:40])
    raise InvalidInput(
        "headings",
        f"{heading} ({field}), as in the last import of this source; they have changed. "
        f"Say which column it is by --map {field}=HEADING, leave it out by --map {field}=, "
        "or begin anew with --forget",
        _list(headings),
    )


def _list(headings: Sequence[str]) -> str:
    return ", ".join(headings)[:200]


def _bare(heading: str) -> str:
    """A heading without case, blanks and what stands in brackets."""
    return re.sub(r"[\s_\-:：*\u200b\ufeff]|[(（【\[].*?[)）】\]]", "", heading.strip().lower())
