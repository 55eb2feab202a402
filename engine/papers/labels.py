"""The words beside the values on a PDF, in both languages; a docx template has its own."""

from collections.abc import Mapping

LABELS: Mapping[str, Mapping[str, str]] = {
    "number": {"zh": "编号", "en": "Number"},
    "date": {"zh": "日期", "en": "Date"},
    "case": {"zh": "诉求", "en": "Case"},
    "case_number": {"zh": "诉求编号", "en": "Case number"},
    "received": {"zh": "来件", "en": "Received"},
    "category": {"zh": "类别", "en": "Category"},
    "place": {"zh": "地点", "en": "Place"},
    "body": {"zh": "内容", "en": "What was said"},
    "person": {"zh": "来件人", "en": "Sent by"},
    "unit": {"zh": "承办单位", "en": "Unit"},
    "others": {"zh": "同办单位", "en": "With"},
    "instructions": {"zh": "办理要求", "en": "Instructions"},
    "terms": {"zh": "时限", "en": "Limits"},
    "opinion": {"zh": "领导批示", "en": "Instruction of the head"},
    "result": {"zh": "办理结果", "en": "Result"},
    "signed": {"zh": "签收人、日期", "en": "Signed by, on"},
    "outcome": {"zh": "办理结果", "en": "Outcome"},
    "colour": {"zh": "颜色", "en": "Colour"},
    "cause": {"zh": "督办事由", "en": "Cause"},
    "reason": {"zh": "依据", "en": "Ground"},
    "overdue": {"zh": "已超时限", "en": "Limits passed"},
    "due": {"zh": "到期", "en": "due"},
    "steps": {"zh": "此前督办", "en": "Before this"},
    "demands": {"zh": "督办要求", "en": "Demands"},
    "cure_by": {"zh": "整改期限", "en": "To be cured by"},
    "reply": {"zh": "整改回复", "en": "Report of the unit"},
    "annex": {
        "zh": "附：超过时限和此前督办的情况",
        "en": "Annex: limits passed, and what was done before",
    },
    "colon": {"zh": "：", "en": ":"},
    "stamp": {"zh": "（盖章）", "en": "(seal)"},
    "translation": {
        "zh": "",
        "en": "This English text is for reading. The Chinese paper is the one that holds.",
    },
    "missing": {
        "zh": "字库没有的字，印作 〓：",
        "en": "Characters that the font does not have, printed as 〓: ",
    },
}
