"""Anchors as they are printed, and the receipt by which a citizen holds the office to one.

A receipt is their case's leaf and its path to a printed root. Of a sealed case it opens nothing:
neither how many entries there are nor whether any came.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import anchors, clock, history, merkle, streams
from engine.anchors import Blinding, Leaf
from engine.errors import NotFound
from engine.models import Anchor, AnchorBucket, Case, City

FORMAT = "huiyin-receipt-1"
PRINTED = anchors.FORMAT
_LINES = (
    {"zh": "回音存证 {date} 第 {number} 号", "en": "Huiyin anchor no. {number} of {date}"},
    {
        "zh": "此前 {missed} 天没有存证，由这一次补上",
        "en": "none on the {missed} days before, which this one covers",
    },
    {"zh": "来件 {contacts}", "en": "contacts {contacts}"},
    {"zh": "诉求 {cases}", "en": "cases {cases}"},
    {"zh": "工单 {slips}", "en": "slips {slips}"},
    {"zh": "问题 {matters}", "en": "matters {matters}"},
    {"zh": "做成", "en": "made at {made_at}"},
    {"zh": "根", "en": "root {root}"},
    {"zh": "变动", "en": "changes {changes}"},
    {"zh": "上一号", "en": "previous {previous}"},
    {"zh": "存证值", "en": "hash {hash}"},
)
_HELD = {
    "zh": (
        "{date} 存证时，编号 {case} 的诉求有 {entries} 条办理记录，最后一条的指纹是 {head}。",
        "以后这些记录少一条、改一条，或者整件不见，都和那天公开的根 {root} 对不上。",
    ),
    "en": (
        "When the records were anchored on {date}, case {case} had {entries} entries in its "
        "history, the last with the fingerprint {head}.",
        "If one of them is changed or removed later, or the whole case, it no longer fits the "
        "root published for that day, {root}.",
    ),
}
_COVERED = {
    "zh": (
        "{date} 存证时，编号 {case} 的诉求在册，它的办理记录已由承诺值 {commitment} 固定。",
        "以后这些记录少一条、改一条，或者整件不见，都和那天公开的根 {root} 对不上。",
    ),
    "en": (
        "When the records were anchored on {date}, case {case} was among them, its history fixed "
        "by the commitment {commitment}.",
        "If an entry of it is changed or removed later, or the whole case, it no longer fits the "
        "root published for that day, {root}.",
    ),
}


def listed(session: Session, page: int, size: int) -> tuple[list[dict[str, Any]], int]:
    """A page of anchors as they are printed, newest first, and how many there are."""
    rows = session.scalars(
        select(Anchor).order_by(Anchor.number.desc()).limit(size).offset((page - 1) * size)
    )
    shown = [anchors.printed(row) for row in rows]
    return shown, session.scalar(select(func.count()).select_from(Anchor)) or 0


def printed(session: Session) -> Iterator[dict[str, Any]]:
    """Every anchor as it is printed, oldest first."""
    for row in session.scalars(
        select(Anchor).order_by(Anchor.number).execution_options(yield_per=streams.AT_ONCE)
    ):
        yield anchors.printed(row)


def lines(shown: dict[str, Any]) -> list[str]:
    """An anchor as lines of text for a newspaper, in both languages."""
    told = [line for line in _LINES if shown["missed"] or "{missed}" not in line["zh"]]
    return [f"{line['zh']} · {line['en']}".format(**shown) for line in told]


def next_at(session: Session) -> datetime:
    """When the next anchor is made; not later than now if the worker is about to."""
    zone = ZoneInfo(session.scalars(select(City.timezone)).one())
    last: date | None = session.scalar(select(func.max(Anchor.on)))
    return anchors.next_at(last, clock.now(), zone)


def receipt(session: Session, case_id: UUID) -> dict[str, Any] | None:
    """The receipt of a case on the newest anchor; None if there is none since it came.

    Raises `NotFound`. Two statements, three where there is an anchor with the case in it.
    """
    case = session.execute(select(Case.number, Case.sealed).where(Case.id == case_id)).one_or_none()
    if case is None:
        raise NotFound("No such case.")
    anchor = streams.newest(session)
    if anchor is None or anchor.nodes is None:
        return None
    blinding = Blinding(anchor.blinding)
    stream = history.case_stream(case_id)
    place = anchors.bucket_of(blinding.place(stream), anchor.buckets)
    content = session.scalar(select(AnchorBucket.content).where(AnchorBucket.place == place))
    leaves = anchors.legible(content) if content else []
    leaf = next((one for one in leaves if one.stream == stream), None)
    return _receipt(anchor, leaf, leaves, place, sealed=case.sealed) if leaf else None


def _receipt(
    anchor: Anchor, leaf: Leaf, leaves: list[Leaf], bucket: int, *, sealed: bool
) -> dict[str, Any]:
    blinding = Blinding(anchor.blinding)
    salt = blinding.salt(anchor.number, leaf.stream)
    own = anchors.hash_of(leaf, blinding, anchor.number)
    hashes = anchors.bucket_hashes(leaves, blinding, anchor.number, bucket)
    nodes = [anchor.nodes[at : at + 32] for at in range(0, len(anchor.nodes or b""), 32)]  # type: ignore[index]
    steps = [*merkle.path(hashes, hashes.index(own)), *merkle.path(nodes, bucket)]
    opened = {"entries": leaf.seq, "head": leaf.hash.hex(), "salt": salt.hex()}
    told: dict[str, Any] = {
        "format": FORMAT,
        "case": leaf.label,
        **({} if sealed else opened),
        "commitment": anchors.commitment(salt, leaf.seq, leaf.hash).hex(),
        "leaf": own.hex(),
        "path": [{"left" if one.left else "right": one.hash.hex()} for one in steps],
        "anchor": anchors.printed(anchor),
    }
    words = {
        name: told.get(name) or told["anchor"].get(name)
        for name in ("date", "case", "entries", "head", "commitment", "root")
    }
    sentences = _COVERED if sealed else _HELD
    return told | {
        "proves": {
            language: [sentence.format(**words) for sentence in told_in]
            for language, told_in in sentences.items()
        }
    }
