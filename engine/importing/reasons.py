"""Why a row is not taken (拒收原因), in both languages, without a citizen's words."""

from collections.abc import Mapping
from dataclasses import dataclass

# What the parts of a message are called in the file of refused rows.
FIELDS: Mapping[str, str] = {
    "id": "编号",
    "title": "标题",
    "body": "正文",
    "received_at": "时间",
    "category": "类别",
    "channel": "渠道",
    "place": "地点",
    "name": "姓名",
    "phone": "电话",
}


@dataclass(frozen=True)
class Reason:
    """One reason, in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, field: str, zh: str, en: str) -> "Reason":
        """A reason that concerns one part of the message."""
        return cls(f"{FIELDS.get(field, field)}：{zh}", f"{field}: {en}")


class RowRefused(Exception):
    """A row is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.en)
        self.reason = reason


UNCLOSED = Reason(
    "引号没有成对：从这一行开始的引号没有结束，或正文里的引号没有写成两个。",
    "a quote that opens on this line is never closed, or one within a text is not doubled",
)
NO_VALUE = Reason(
    "单元格里是公式，没有结果；用电子表格软件打开并保存一次，再导入。",
    "a formula without its value; open the file in its program, save it, import it again",
)
ERROR_VALUE = Reason("单元格里是错误值，如 #N/A。", "an error value such as #N/A")
TOO_EXACT = Reason(
    "数字超过 15 位，电子表格只保留前 15 位；把这一列设为文本后重新填写。",
    "a number of more than 15 digits, of which a spreadsheet keeps 15; type it anew as text",
)


def columns(expected: int, found: int) -> Reason:
    """The row has more or fewer columns than the headings."""
    return Reason(
        f"应有 {expected} 列，实有 {found} 列。", f"row: expected {expected} columns, found {found}"
    )


def other_text(earlier: str) -> Reason:
    """The number stands before another text already; earlier: where."""
    return Reason.of(
        "id",
        f"编号相同而内容不同，先前的是 {earlier}。",
        f"the same number with other text; the earlier one is {earlier}",
    )
