"""Which column of a file means what, guessed from its headings."""

import re
from collections.abc import Mapping, Sequence

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
    ),
    "received_at": (
        "received_at",
        "created_at",
        "created",
        "date",
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


def guess(headings: Sequence[str], said: Mapping[str, str] | None = None) -> dict[str, int]:
    """What is in which column: field -> position.

    said: field -> heading, stronger than the guess; an empty heading leaves the field out.
    Raises `InvalidInput` for a field or heading that is none, and if no column holds the text.
    """
    bare = [_bare(heading) for heading in headings]
    found: dict[str, int] = {}
    taken: set[int] = set()
    for field, heading in (said or {}).items():
        if field not in HEADINGS:
            raise InvalidInput("--map", f"one of {', '.join(HEADINGS)}", field[:40])
        if not heading:
            continue
        if _bare(heading) not in bare:
            raise InvalidInput("--map", f"one of the headings {', '.join(headings)}", heading[:40])
        found[field] = bare.index(_bare(heading))
        taken.add(found[field])
    for field, names in HEADINGS.items():
        if field in (said or {}):
            continue
        places = [bare.index(name) for name in map(_bare, names) if name in bare]
        free = [place for place in places if place not in taken]
        if free:
            found[field] = free[0]
            taken.add(free[0])
    if NEEDED not in found:
        raise InvalidInput(
            "headings",
            "a column with the text, such as 内容 or body; say which by --map body=HEADING",
            ", ".join(headings)[:200],
        )
    return found


def _bare(heading: str) -> str:
    """A heading without case, blanks and what stands in brackets."""
    return re.sub(r"[\s_\-:：*]|[((【\[].*?[))】\]]", "", heading.strip().lower())
