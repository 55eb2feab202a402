"""A made-up paper of each kind: for looking at a template, and for checking one."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine import charts
from engine.charts import Series
from engine.papers.kinds import (
    COLOURS,
    Answer,
    Block,
    Climbed,
    Digest,
    Interview,
    Kind,
    Order,
    Paper,
    Point,
    Refusal,
    Sheet,
    Slip,
    Term,
    Texts,
)

_UNIT: Texts = {"zh": "城市管理局", "en": "Urban Management Bureau"}
_AT = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
_LATE = (Term({"zh": "办理", "en": "Handling"}, until=datetime(2026, 10, 30, 10, tzinfo=UTC)),)
_PHONE = (
    Climbed(
        {"zh": "电话督办", "en": "Urging by phone"},
        datetime(2026, 10, 31, 2, tzinfo=UTC),
        "答应11月1日前修好，没有做到。",
    ),
)
_CAUSE: Texts = {"zh": "超过办理时限", "en": "the limit for handling has passed"}


def sample(kind: Kind) -> Sheet:
    """The made-up paper of this kind; its names have rare characters."""
    if kind == Kind.DIGEST:
        return _digest()
    head: dict[str, Any] = {
        "kind": kind,
        "office": {"zh": "漓州市金点子办公室", "en": "Jindianzi office, Lizhou"},
        "number": "LZ-20261102-000123-P1",
        "made_at": _AT,
        "zone": ZoneInfo("Asia/Shanghai"),
        "case_number": "LZ-20261102-000123",
        "title": "赟洲路口一盏路灯不亮",
        "received_at": _AT,
        "channel": {"zh": "热线电话", "en": "Hotline"},
        "category": {"zh": "城市建设与管理", "en": "City building and management"},
        "place": "赟洲路 12 号对面",
        "address": "https://huiyin.example/cases/LZ-20261102-000123",
    }
    return _MAKE[kind](head)


def _slip(head: dict[str, Any]) -> Paper:
    return Slip(
        **head,
        unit=_UNIT,
        host=True,
        others=({"zh": "供电公司", "en": "Power Company"},),
        body="赟洲路口向北第三盏路灯不亮，已经一个星期。\n晚上接孩子只能用手机照着走。",
        instructions="先到现场，当天回话。",
        terms=(Term({"zh": "签收", "en": "Signing"}, until=_AT), *_LATE),
    )


def _answer(head: dict[str, Any]) -> Paper:
    return Answer(
        **head,
        to="䶮㛃𬭩先生",
        unit=_UNIT,
        outcome={"zh": "部分解决", "en": "Partly solved"},
        points=(
            Point(
                {"zh": "还要办的", "en": "What remains"},
                {"zh": "电缆老化，12月前更换。", "en": "电缆老化，12月前更换。"},
            ),
        ),
        text="11月3日更换了灯泡和镇流器，当晚亮灯。\n以后每月查一次这一段。",
    )


def _refusal(head: dict[str, Any]) -> Paper:
    return Refusal(
        **head,
        to="䶮㛃𬭩先生",
        reason={"zh": "已进入诉讼、仲裁", "en": "In court or arbitration already"},
        text="这件事法院已经立案，由法院审理。",
        legal_channel={"zh": "人民法院或仲裁机构", "en": "Court or arbitration body"},
    )


def _order(head: dict[str, Any]) -> Paper:
    return Order(
        **head,
        unit=_UNIT,
        colour=COLOURS["yellow"],
        cause=_CAUSE,
        reason="办理限 5 个工作日，10月23日起算，10月30日 18:00 到期。",
        overdue=_LATE,
        climbed=_PHONE,
        demands="三日内办结，书面说明为什么超期。",
        cure_by=date(2026, 11, 9),
    )


def _interview(head: dict[str, Any]) -> Paper:
    return Interview(
        **head,
        unit=_UNIT,
        cause=_CAUSE,
        overdue=_LATE,
        climbed=_PHONE,
        held_at=datetime(2026, 11, 9, 1, 30, tzinfo=UTC),
        meeting_place="市民中心 402 室",
        bring="书面整改计划",
        contact="何敏，0777-12345 转 8",
    )


def _digest() -> Sheet:
    bars = [Series("收到", [31, 28, 40]), Series("办结", [25, 30, 33])]
    drawing = str(charts.columns("近三周", "", ("44周", "45周", "46周"), bars, ()).svg)
    return Digest(
        kind=Kind.DIGEST,
        office={"zh": "漓州市金点子办公室", "en": "Jindianzi office, Lizhou"},
        number="民声摘报〔2026〕第1期",
        made_at=_AT,
        zone=ZoneInfo("Asia/Shanghai"),
        address="https://huiyin.example/digests/1",
        name={"zh": "民声摘报", "en": "Digest of the people's voice"},
        issue=1,
        period={"zh": "2026年11月9日至11月15日", "en": "2026-11-09 to 2026-11-15"},
        blocks=(
            Block(heading={"zh": "这一周", "en": "This week"}),
            Block(text={"zh": "本周收到诉求 40 件，赟洲路口最多。", "en": "40 cases came in."}),
            Block(
                title={"zh": "近三周", "en": "Three weeks"}, drawing={"zh": drawing, "en": drawing}
            ),
            Block(
                title={"zh": "主要指标", "en": "Main rates"},
                head=({"zh": "指标", "en": "Rate"}, {"zh": "本期", "en": "This period"}),
                rows=(
                    ({"zh": "按时办结率", "en": "On-time rate"}, {"zh": "87.9%", "en": "87.9%"}),
                ),
            ),
        ),
    )


_MAKE = {
    Kind.SLIP: _slip,
    Kind.ANSWER: _answer,
    Kind.REFUSAL: _refusal,
    Kind.ORDER: _order,
    Kind.INTERVIEW: _interview,
}
