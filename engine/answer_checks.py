"""What an answer to a citizen should say (答复质量): the result, a day, whom to turn to.

Hints for the writer and no rule: nothing is refused by them. The patterns are read by Python and
by the browser alike, so they use only what both understand.
"""

import re
from collections.abc import Mapping

PATTERNS: Mapping[str, str] = {
    "result": (
        "已|修好|更换|恢复|清理|清除|完成|解决|办结|拆除|整改|查实|查处|退还|支付|到位|采纳|列入"
        "|不能|无法|不予|暂不|办不到"
    ),
    "date": (
        r"\d{1,2}\s*月\s*\d{1,2}\s*日|\d{4}-\d{1,2}-\d{1,2}"
        r"|今天|明天|后天|本周|下周|本月|月底|当天|当日|当晚|\d+\s*个?(工作日|天|小时)"
    ),
    "contact": r"\d{3,4}[- ]?\d{7,8}|1\d{10}|\b1[12]\d{3}\b|电话|联系|拨打|直接回复|短信|来访",
    "hollow": "高度重视|已转办|已转交|正在处理中|进一步研究|及时处理",
}
WANTED = ("result", "date", "contact")


def found(text: str) -> dict[str, bool]:
    """Which of the patterns the text holds."""
    return {name: re.search(pattern, text) is not None for name, pattern in PATTERNS.items()}
