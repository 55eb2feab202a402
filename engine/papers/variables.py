"""The names a docx template may use, and what they stand for; the values are `wording`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.papers.kinds import Kind, Texts


@dataclass(frozen=True)
class Rows:
    """A list that a template may loop over; fields: of each of its rows."""

    says: Texts
    fields: Mapping[str, Texts] = field(default_factory=dict)


Known = Mapping[str, Texts | Rows]

_COMMON: Known = {
    "name": {"zh": "公文名称，如「处理签」", "en": "What the paper is, such as “Handling slip”"},
    "office": {"zh": "发文机关", "en": "Who issues it"},
    "number": {"zh": "编号", "en": "Its number"},
    "date": {"zh": "成文日期", "en": "Its date"},
    "case_number": {"zh": "诉求编号", "en": "Number of the case"},
    "case_title": {"zh": "诉求标题", "en": "Title of the case"},
    "received_on": {"zh": "来件日期", "en": "Day of receipt"},
    "channel": {"zh": "来件渠道", "en": "Channel"},
    "category": {"zh": "类别", "en": "Category"},
    "place": {"zh": "地点", "en": "Place"},
    "qr": {"zh": "二维码（图）", "en": "QR code (a picture)"},
    "qr_words": {"zh": "二维码下面的一句话", "en": "The words under it"},
    "draft": {"zh": "草稿时的标记，正式的为空", "en": "The mark of a draft; empty when issued"},
    "closing": {"zh": "结尾的话", "en": "Closing words"},
}
_TERMS: Mapping[str, Texts] = {
    "name": {"zh": "时限名称", "en": "Name of the limit"},
    "until": {"zh": "到期时间", "en": "Until when"},
}
_POINTS: Mapping[str, Texts] = {
    "name": {"zh": "是什么", "en": "What it is"},
    "text": {"zh": "内容", "en": "What it says"},
}
_STEPS: Mapping[str, Texts] = {
    "rung": {"zh": "督办方式", "en": "Rung"},
    "at": {"zh": "日期", "en": "Day"},
    "said": {"zh": "内容", "en": "What was said"},
}
_UNIT: Known = {"unit": {"zh": "承办单位", "en": "The unit"}}
_LADDER: Known = {
    "cause": {"zh": "督办事由", "en": "Cause of the supervision"},
    "overdue": Rows({"zh": "已超过的时限", "en": "Limits that have passed"}, _TERMS),
    "steps": Rows({"zh": "此前的督办", "en": "Rungs climbed before"}, _STEPS),
}
_LETTER: Known = {
    "to": {"zh": "称呼", "en": "To whom"},
    "opening": {"zh": "开头的话", "en": "Opening words"},
}
VARIABLES: Mapping[Kind, Known] = {
    Kind.SLIP: {
        **_COMMON,
        **_UNIT,
        "part": {"zh": "主办或协办", "en": "Host or co-handler"},
        "others": {"zh": "同办单位", "en": "The other units"},
        "body": {"zh": "诉求内容", "en": "What was said"},
        "instructions": {"zh": "办理要求", "en": "Instructions"},
        "person": {"zh": "来件人怎么查", "en": "How to learn who sent it"},
        "terms": Rows({"zh": "时限", "en": "Limits"}, _TERMS),
    },
    Kind.ANSWER: {
        **_COMMON,
        **_UNIT,
        **_LETTER,
        "answer": {"zh": "答复内容", "en": "The answer"},
        "outcome": {"zh": "办理结果", "en": "Outcome"},
        "points": Rows({"zh": "理由、计划、依据等", "en": "Reason, plan, ground"}, _POINTS),
    },
    Kind.REFUSAL: {
        **_COMMON,
        **_LETTER,
        "reason": {"zh": "不予受理理由", "en": "Reason of the refusal"},
        "letter": {"zh": "告知内容", "en": "What is told"},
        "legal_channel": {"zh": "法定途径", "en": "Legal channel"},
    },
    Kind.ORDER: {
        **_COMMON,
        **_UNIT,
        **_LADDER,
        "colour": {"zh": "督办单颜色", "en": "Colour of the order"},
        "reason": {"zh": "督办依据", "en": "Ground of the supervision"},
        "demands": {"zh": "督办要求", "en": "Demands"},
        "cure_by": {"zh": "整改期限", "en": "To be cured by"},
    },
    Kind.DIGEST: {
        **{name: _COMMON[name] for name in ("name", "office", "number", "date")},
        **{name: _COMMON[name] for name in ("qr", "draft", "closing")},
        "qr_words": {"zh": "二维码下面的一句话", "en": "The words under the code"},
        "issue": {"zh": "第几期", "en": "Which issue"},
        "period": {"zh": "哪一段时间", "en": "Which days it tells of"},
        "lines": Rows(
            {"zh": "从上到下的每一块", "en": "Every piece from top to bottom"},
            {
                "heading": {"zh": "段落标题", "en": "Heading of a section"},
                "text": {"zh": "正文的一段", "en": "A paragraph"},
                "title": {"zh": "图或表的标题", "en": "Title of a table or chart"},
                "table": {"zh": "表", "en": "A table"},
                "drawing": {"zh": "图", "en": "A chart"},
            },
        ),
    },
    Kind.INTERVIEW: {
        **_COMMON,
        **_UNIT,
        **_LADDER,
        "opening": {"zh": "开头的话", "en": "Opening words"},
        "summons": {"zh": "通知约谈的一段", "en": "The paragraph that calls"},
        "held_at": {"zh": "约谈时间", "en": "When"},
        "meeting_place": {"zh": "约谈地点", "en": "Where"},
        "bring": {"zh": "要带的材料", "en": "What to bring"},
        "contact": {"zh": "联系人", "en": "Contact"},
    },
}
