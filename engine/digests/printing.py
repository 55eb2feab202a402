"""A digest as it is printed: its numbers put into texts and tables, its charts drawn."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import charts
from engine.charts import Chart, Series
from engine.digests import content as contents
from engine.digests.drafting import spelled
from engine.digests.kinds import Texts
from engine.digests.numbers import NUMERATOR
from engine.digests.periods import Period
from engine.digests.reading import Value
from engine.models import Digest, InstructionStatus
from engine.papers import kinds
from engine.papers.kinds import Block
from engine.queries.digests import Opened

LANGUAGES = ("zh", "en")
_ORDER = "一二三四五六七八九十"
STATES: Mapping[str, Texts] = {
    InstructionStatus.OPEN: {"zh": "在办", "en": "in hand"},
    InstructionStatus.REPORTED: {"zh": "已报结果，待核", "en": "reported, to be checked"},
    InstructionStatus.DONE: {"zh": "已办结", "en": "done"},
}
_INSTRUCTIONS: Sequence[Texts] = (
    {"zh": "批示", "en": "Instruction"},
    {"zh": "谁办、到哪天", "en": "By whom, until"},
    {"zh": "办得怎么样", "en": "What became of it"},
)
_CASES: Sequence[Texts] = (
    {"zh": "诉求", "en": "Case"},
    {"zh": "承办单位", "en": "Unit"},
    {"zh": "多久、几次", "en": "How long, how often"},
)
_NONE: Texts = {
    "zh": "上期没有批示。",
    "en": "There were no instructions on the last issue.",
}
_PERIOD: Texts = {"zh": "期间", "en": "Period"}


def paper(opened: Opened, zone: ZoneInfo, base: str, *, number: int, draft: bool) -> kinds.Digest:
    """All that is printed of a digest. base: public address, empty for none. number: its issue."""
    row = opened.row
    return kinds.Digest(
        kind=kinds.Kind.DIGEST,
        office=opened.office,
        number="" if draft else called(row, opened.name, number, zone),
        made_at=row.issued_at or row.frozen_at,
        zone=zone,
        address=f"{base.rstrip('/')}/digests/{row.id}" if base else "",
        draft=draft,
        name=opened.name,
        issue=number,
        period=period(row, zone),
        blocks=tuple(_blocks(row.content, opened.values)),
    )


def called(row: Digest, name: Texts, number: int, zone: ZoneInfo) -> str:
    """`民声摘报〔2026〕第3期`."""
    year = (row.issued_at or row.frozen_at).astimezone(zone).year
    return f"{name['zh']}〔{year}〕第{number}期"


def period(row: Digest, zone: ZoneInfo) -> dict[str, str]:
    """Which days it tells of, in words."""
    since, until = row.since.astimezone(zone).date(), row.until.astimezone(zone).date()
    return spelled(since, until - timedelta(days=1))


def days(of: Period) -> dict[str, str]:
    """The days of a period, in words."""
    return spelled(of.since, of.last)


def ordered(place: int, heading: str, language: str) -> str:
    """`一、这一周`, `1. This week`."""
    if language == "en":
        return f"{place}. {heading}"
    return f"{_ORDER[place - 1] if place <= len(_ORDER) else place}、{heading}"


def drawn(part: Mapping[str, Any], values: Mapping[str, Value], language: str) -> Chart:
    """The chart of a part that is one."""
    series = [
        Series(one["name"][language], [_height(values.get(key)) for key in one["numbers"]])
        for one in part["series"]
    ]
    head = (_PERIOD[language], *(one.name for one in series))
    about = "；".join(one.name for one in series) if language == "zh" else _joined(series)
    places = [one[language] for one in part["places"]]
    return charts.columns(part["title"][language], about, places, series, head)


def _joined(series: Sequence[Series]) -> str:
    return ", ".join(one.name for one in series)


def _height(value: Value | None) -> float | None:
    if value is None:
        return None
    return value.numerator if value.show == NUMERATOR else value.denominator


def _blocks(content: Mapping[str, Any], values: Mapping[str, Value]) -> Iterator[Block]:
    printed = {key: one.told for key, one in values.items()}
    told = [one for one in content["sections"] if shown(one)]
    for place, section in enumerate(told, 1):
        heading = section["heading"]
        yield Block(
            heading={one: ordered(place, contents.said(heading, one), one) for one in LANGUAGES}
        )
        body = {
            one: contents.filled(contents.said(section["body"], one), printed) for one in LANGUAGES
        }
        if body["zh"]:
            yield Block(text=body)
        for part in section["parts"]:
            yield from _of_part(part, values, printed)


def shown(section: Mapping[str, Any]) -> bool:
    """Whether a section has anything to print."""
    return bool(section["body"]["zh"].strip() or section["parts"])


def _of_part(
    part: Mapping[str, Any], values: Mapping[str, Value], printed: Mapping[str, str]
) -> Iterator[Block]:
    if part["is"] == "columns":
        drawings = {one: str(drawn(part, values, one).svg) for one in LANGUAGES}
        yield Block(title=part["title"], drawing=drawings)
    elif part["is"] == "table":
        rows = [
            (row["name"], *(_same(printed.get(key, "—")) for key in row["cells"]))
            for row in part["rows"]
        ]
        yield Block(title=part["title"], head=tuple(part["head"]), rows=tuple(rows))
    elif part["is"] == "cases":
        cases = [
            (_same(f"{row['title']} {row['number']}"), row["unit"], row["told"])
            for row in part["rows"]
        ]
        yield Block(title=part["title"], head=tuple(_CASES), rows=tuple(cases))
    elif part["rows"]:
        given = tuple(_instruction(row) for row in part["rows"])
        yield Block(head=tuple(_INSTRUCTIONS), rows=given)
    else:
        yield Block(text=_NONE)


def _instruction(row: Mapping[str, Any]) -> tuple[Texts, ...]:
    state = STATES[row["status"]]
    result = {
        one: f"{state[one]}：{row['result']}" if row["result"] else state[one] for one in LANGUAGES
    }
    return (
        {
            "zh": f"{row['leader']}（第 {row['issue']} 期）：{row['text']}",
            "en": f"{row['leader']} (no. {row['issue']}): {row['text']}",
        },
        {one: f"{row['unit'][one]} {row['due_on']}" for one in LANGUAGES},
        result,
    )


def _same(words: str) -> Texts:
    return {"zh": words, "en": words}
