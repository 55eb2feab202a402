"""A paper in words: the values that a template names, in one language.

PDF and docx are made of the same values. What people wrote stays in their language.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.papers import dates
from engine.papers.kinds import (
    NAMES,
    Answer,
    Block,
    Digest,
    Interview,
    Kind,
    Order,
    Paper,
    Refusal,
    Sheet,
    Slip,
    Term,
)

LONGEST = 200_000  # characters of a paper in all: about 300 pages
Values = dict[str, Any]
Say = Callable[[str, str], str]


def values(paper: Sheet, language: str) -> Values:
    """All that the paper says, by the names of `engine.papers.variables`.

    language: zh or en. A value is a text, or a list of rows with texts. Raises `InvalidInput` for
    more text than anybody prints.
    """
    told = _plain({**_common(paper, language), **_OF_KIND[paper.kind](paper, language)})
    if _length(told) > LONGEST:
        raise InvalidInput("text", f"at most {LONGEST} characters on a paper")
    return told  # type: ignore[no-any-return]


def _common(paper: Sheet, language: str) -> Values:
    zone, pick = paper.zone, _picker(language)
    told = {
        "name": NAMES[paper.kind][language],
        "office": paper.office[language],
        "number": paper.number,
        "date": dates.local_day(paper.made_at, zone, language),
        "qr_words": _qr_words(paper, language),
        "draft": pick("草稿，未发出", "Draft, not issued") if paper.draft else "",
    }
    return {**told, **_of_case(paper, language)} if isinstance(paper, Paper) else told


def _of_case(paper: Paper, language: str) -> Values:
    return {
        "case_number": paper.case_number,
        "case_title": paper.title,
        "received_on": dates.local_day(paper.received_at, paper.zone, language),
        "channel": paper.channel[language],
        "category": paper.category[language],
        "place": paper.place,
    }


def _qr_words(paper: Sheet, language: str) -> str:
    pick = _picker(language)
    if not paper.address:
        return pick("二维码只含编号：没有设公开网址", "The code holds the number only")
    if paper.kind == Kind.DIGEST:
        return pick("扫码打开，每个数都有出处", "Scan to open: every number has its cases")
    if paper.kind in {Kind.ANSWER, Kind.REFUSAL}:
        return pick("扫码，用查询码看进度", "Scan, and follow it with your code")
    return pick("扫码打开本件", "Scan to open the case")


def _slip(paper: Slip, language: str) -> Values:
    pick = _picker(language)
    return {
        "unit": paper.unit[language],
        "part": pick("主办", "host") if paper.host else pick("协办", "co-handler"),
        "others": pick("、", ", ").join(one[language] for one in paper.others),
        "body": paper.body,
        "instructions": paper.instructions,
        "terms": _terms(paper.terms, paper, language),
        "person": pick(
            "不印在签上。登录后在本件里查看，谁看过、为什么看都有记录。",
            "Not printed. Sign in and look in the case; every look is written down.",
        ),
        "closing": pick(
            "请按时限签收、联系来件人、办理并答复。不属本单位职责的，"
            "在退单期内写明理由、依据和建议单位退回。",
            "Sign, contact the person, act and answer within the limits. If this is not your duty, "
            "return it within its window with the reason, the legal basis and the proposed unit.",
        ),
    }


def _answer(paper: Answer, language: str) -> Values:
    pick, unit = _picker(language), paper.unit[language]
    opening = _received(paper, language) + pick(
        f"经{unit}办理，现答复如下：" if unit else "现答复如下：",
        f" It was handled by {unit}; the answer is:" if unit else " The answer is:",
    )
    return {
        "to": paper.to or pick("市民朋友", "Dear citizen"),
        "unit": unit,
        "opening": opening,
        "answer": paper.text,
        "outcome": paper.outcome[language],
        "points": [
            {"name": one.name[language], "text": one.text[language]} for one in paper.points
        ],
        "closing": pick(
            "感谢您的反映。对答复有不同意见的，可以在回访时提出。\n特此函复。",
            "Thank you for telling us. If you see it otherwise, say so when we call back.",
        ),
    }


def _refusal(paper: Refusal, language: str) -> Values:
    pick, reason = _picker(language), paper.reason[language]
    opening = _received(paper, language) + pick(
        f"经审查，属于「{reason}」的情形，不予受理。" if reason else "经审查，不予受理。",
        f" It is not accepted, for this reason: {reason}." if reason else " It is not accepted.",
    )
    channel = paper.legal_channel[language]
    return {
        "to": paper.to or pick("市民朋友", "Dear citizen"),
        "opening": opening,
        "reason": reason,
        "letter": paper.text,
        "legal_channel": channel,
        "closing": pick(
            f"法定途径：{channel}。您可以依法向其提出。\n特此告知。",
            f"Legal channel: {channel}. You may turn to it as the law provides.",
        ),
    }


def _received(paper: Paper, language: str) -> str:
    on = dates.local_day(paper.received_at, paper.zone, language)
    channel, title, number = paper.channel[language], paper.title, paper.case_number
    return _picker(language)(
        f"您{on}通过{channel}反映的「{title}」（编号 {number}）收悉。",
        f"On {on} you wrote to us (by: {channel}) about “{title}” (number {number}).",
    )


def _order(paper: Order, language: str) -> Values:
    pick = _picker(language)
    return {
        "unit": paper.unit[language],
        "colour": paper.colour[language],
        "cause": paper.cause[language],
        "reason": paper.reason,
        "overdue": _terms(paper.overdue, paper, language),
        "steps": _steps(paper, language),
        "demands": paper.demands,
        "cure_by": dates.weekday(paper.cure_by, language) if paper.cure_by else "",
        "closing": pick(
            "请按期整改，书面回复整改情况。逾期未整改的，约谈你单位主要负责人。",
            "Put it right in time and report in writing. "
            "If it is not, the head of the unit is called to an interview.",
        ),
    }


def _interview(paper: Interview, language: str) -> Values:
    pick, title, number = _picker(language), paper.title, paper.case_number
    at = dates.appointment(paper.held_at, paper.zone, language) if paper.held_at else ""
    cause = paper.cause[language]
    place = paper.meeting_place
    call = pick(
        f"请你单位主要负责人于{at}到{place}接受约谈",
        f"The head of your unit is called to an interview on {at}. Place: {place}.",
    )
    bring = pick(
        f"，并带{paper.bring}。" if paper.bring else "。",
        f" Bring: {paper.bring}." if paper.bring else "",
    )
    contact = pick(
        f"如需改期，请提前告知。联系人：{paper.contact}。",
        f"If the time must be changed, tell us before. Contact: {paper.contact}.",
    )
    return {
        "unit": paper.unit[language],
        "opening": pick(
            f"你单位承办的诉求「{title}」（编号 {number}）：{cause}，至今没有整改到位。",
            f"The case “{title}” (number {number}) that your unit handles: {cause}. "
            "It has not been put right.",
        ),
        "cause": cause,
        "overdue": _terms(paper.overdue, paper, language),
        "steps": _steps(paper, language),
        "held_at": at,
        "meeting_place": place,
        "bring": paper.bring,
        "contact": paper.contact,
        "summons": call + bring,
        "closing": contact if paper.contact else "",
    }


def _digest(paper: Digest, language: str) -> Values:
    pick = _picker(language)
    number = f"{paper.issue:,}"
    issue = pick(f"第 {number} 期", f"No. {number}") if paper.issue else ""
    return {
        "name": paper.name[language],
        "issue": issue,
        "period": paper.period[language],
        "lines": [_block(one, language) for one in paper.blocks],
        "closing": pick(
            "报中的数都已定格：以后再查，还是这些件、这些数。",
            "The numbers are frozen: looked up later, they are the same of the same cases.",
        ),
    }


def _block(one: Block, language: str) -> Values:
    drawing, table = one.drawing[language], Values()
    if one.rows and not drawing:
        table["head"] = [cell[language] for cell in one.head]
        table["rows"] = [[cell[language] for cell in row] for row in one.rows]
    return {
        "heading": one.heading[language],
        "text": one.text[language],
        "title": one.title[language],
        "table": table or "",
        "drawing": drawing,
    }


def _terms(terms: tuple[Term, ...], paper: Paper, language: str) -> list[dict[str, str]]:
    return [
        {
            "name": term.name[language],
            "until": dates.moment(term.until, paper.zone, language)
            if term.until
            else dates.budget(term.budget, language),
        }
        for term in terms
    ]


def _steps(paper: Order | Interview, language: str) -> list[dict[str, str]]:
    return [
        {
            "rung": one.rung[language],
            "at": dates.local_day(one.at, paper.zone, language),
            "said": one.said,
        }
        for one in paper.climbed
    ]


_OF_KIND: Mapping[Kind, Callable[[Any, str], Values]] = {
    Kind.SLIP: _slip,
    Kind.ANSWER: _answer,
    Kind.REFUSAL: _refusal,
    Kind.ORDER: _order,
    Kind.INTERVIEW: _interview,
    Kind.DIGEST: _digest,
}


def _picker(language: str) -> Say:
    return (lambda _zh, en: en) if language == "en" else (lambda zh, _en: zh)


def _plain(value: Any) -> Any:
    """Texts without what no printer shows: controls, marks of direction, half signs."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return "".join(sign for sign in text.replace("\t", " ") if sign == "\n" or _shows(sign)).strip()


def _shows(sign: str) -> bool:
    none = ord(sign) & 0xFFFE == 0xFFFE
    return not none and unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zp", "Zl"}


def _length(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_length(one) for one in value.values())
    if isinstance(value, list):
        return sum(_length(one) for one in value)
    return len(value)
