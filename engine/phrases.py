"""Variables in phrases and answer templates (变量): `{{number}}` becomes the case's number.

Words are put in as they are, once: what stands in a title is never read as a variable again.
"""

import difflib
import re
from collections.abc import Mapping

# What each is called, for those who write; the values are told by the page of the task.
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "number": {"zh": "编号", "en": "number of the case"},
    "title": {"zh": "标题", "en": "title"},
    "place": {"zh": "地点", "en": "place"},
    "category": {"zh": "类别", "en": "category"},
    "person": {"zh": "称呼（如陈女士）", "en": "how the person is called"},
    "unit": {"zh": "承办单位", "en": "responsible unit"},
    "due": {"zh": "到期时间", "en": "due time"},
    "received": {"zh": "收到日期", "en": "day of receipt"},
    "today": {"zh": "今天", "en": "today"},
    "me": {"zh": "我的姓名", "en": "my name"},
}
UNKNOWN = "＿＿"  # stands where the case has nothing to say, for the writer to see
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def unknown(text: str) -> dict[str, str]:
    """Names in the text that are no variable, each with the nearest that is one (or nothing)."""
    names = dict.fromkeys(_VARIABLE.findall(text))
    return {name: _nearest(name) for name in names if name not in VARIABLES}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in."""
    return _VARIABLE.sub(lambda found: values.get(found[1], "") or UNKNOWN, text)


def _nearest(name: str) -> str:
    """The variable that was most likely meant, by its name or by what it is called."""
    called = {texts["zh"]: key for key, texts in VARIABLES.items()}
    near = difflib.get_close_matches(name.lower(), [*VARIABLES, *called], 1, 0.5)
    return called.get(near[0], near[0]) if near else ""
