"""Evidence (证据): files that show what was done, kept before the command that names them."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, projection
from engine.commands import hot
from engine.db import new_key
from engine.errors import InvalidAnswers, InvalidInput
from engine.file_kinds import PICTURES
from engine.files import LARGEST, Files
from engine.models import Evidence
from engine.permissions import Actor
from engine.pictures import MOST_PIXELS
from engine.scanning import Scanner

MOST = 20
LONGEST_NAME = 120
_MEGABYTE = 1024 * 1024
Sentence = Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """A file in the store, with the name it came under.

    phase: "before" or "after" the work, else empty.
    """

    sha256: str
    name: str
    media_type: str
    size: int
    phase: str = ""


class Refused(InvalidAnswers):
    """Some files were not taken.

    findings: SHA-256 of each in which the scanner found something.
    """

    def __init__(self, fields: Mapping[str, Sentence], findings: Sequence[str] = ()) -> None:
        super().__init__(fields)
        self.findings = list(findings)


def keep(
    files: Files,
    uploads: Mapping[str, Sequence[tuple[str, BinaryIO]]],
    *,
    already: int = 0,
    scanner: Scanner | None = None,
    phases: Mapping[str, str] | None = None,
) -> dict[str, list[Kept]]:
    """Put what was sent for each field into the store; outside any transaction.

    uploads: field -> (name, stream). already: files that are there from before, for `MOST`.
    phases: field -> phase of the work that its pictures show.
    Raises `Refused` with a sentence for each field that has a file we do not take.
    """
    kept: dict[str, list[Kept]] = {}
    faults: dict[str, Sentence] = {}
    findings: list[str] = []
    if already + sum(len(sent) for sent in uploads.values()) > MOST:
        raise Refused(dict.fromkeys(uploads, _TOO_MANY))
    for field, sent in uploads.items():
        for raw_name, stream in sent:
            name = tidy_name(raw_name)
            try:
                stored = files.put(stream, scanner)
            except InvalidInput as error:
                faults.setdefault(field, _refusal(name, error.field))
                if error.field == "virus":
                    findings.append(_digest(stream))
                continue
            phase = (phases or {}).get(field, "") if stored.media_type in PICTURES else ""
            one = Kept(stored.sha256, name, stored.media_type, stored.size, phase)
            if all(other.sha256 != one.sha256 for other in kept.get(field, [])):
                kept.setdefault(field, []).append(one)
    if faults:
        raise Refused(faults, findings)
    return kept


def record_findings(session: Session, case_id: UUID, findings: Sequence[str], *, by: Actor) -> None:
    """Write into the case's history that the scanner found something in files meant for it."""
    work = hot.of_case(session, case_id, by.id, "appeal")
    for sha256 in findings:
        work.note("file.refused", sha256=sha256, why="virus")
    projection.write_case(session, work)


def add(session: Session, case_id: UUID, kept: Iterable[Kept], *, by: UUID) -> None:
    """Write the files into the case's evidence; what is there already stays as it is.

    Pictures of before and after the work are paired in the order they come.
    """
    wanted = {one.sha256: one for one in kept}
    if not wanted:
        return
    last = {"before": 0, "after": 0}
    rows = session.execute(
        select(Evidence.sha256, Evidence.phase, Evidence.pair).where(Evidence.case_id == case_id)
    )
    for row in rows:
        wanted.pop(row.sha256, None)
        if row.phase in last:
            last[row.phase] = max(last[row.phase], row.pair)
    fresh = []
    for one in wanted.values():
        if one.phase in last:
            last[one.phase] += 1
        fresh.append(
            {
                "id": new_key(),
                "case_id": case_id,
                "sha256": one.sha256,
                "name": one.name,
                "media_type": one.media_type,
                "size": one.size,
                "phase": one.phase if one.phase in last else "",
                "pair": last.get(one.phase, 0),
                "added_at": clock.now(),
                "added_by": by,
            }
        )
    if fresh:
        session.execute(insert(Evidence), fresh)


def tidy_name(name: str) -> str:
    """A file's name without folders and control characters, of bounded length."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if stem else ending
    return plain[:LONGEST_NAME] or "file"


_TOO_MANY: Sentence = {
    "zh": f"一次最多 {MOST} 份。挑最能说明问题的交。",
    "en": f"At most {MOST} files. Send those that show the most.",
}


def _digest(stream: BinaryIO) -> str:
    stream.seek(0)
    return hashlib.sha256(stream.read(LARGEST + 1)).hexdigest()


def _refusal(name: str, why: str) -> Sentence:
    zh, en = _REFUSALS.get(why, _REFUSALS["type"])
    return {"zh": zh.format(name=name), "en": en.format(name=name)}


_LIMIT = LARGEST // _MEGABYTE
_REFUSALS = {
    "size": (
        f"「{{name}}」超过 {_LIMIT} MB，没有收下。缩小或分成几份再传。",
        f"“{{name}}” is larger than {_LIMIT} MB and was not taken. Make it smaller or split it.",
    ),
    "empty": ("「{name}」是空的，没有收下。", "“{name}” is empty and was not taken."),
    "type": (
        "「{name}」不是照片（PNG、JPEG）、PDF 或纯文本，没有收下。另存为其中一种再传。",
        "“{name}” is no picture (PNG, JPEG), PDF or plain text and was not taken."
        " Save it as one of these.",
    ),
    "markup": (
        "「{name}」是网页或 SVG，里面可以藏程序，没有收下。截图或存成 PDF 再传。",
        "“{name}” is a web page or SVG, which can carry a program, and was not taken."
        " Send a screenshot or a PDF.",
    ),
    "double": (
        "「{name}」既是 PDF 又是别的文件，没有收下。重新打印成 PDF 再传。",
        "“{name}” is a PDF and something else besides, and was not taken. Print it to a new PDF.",
    ),
    "broken": (
        "「{name}」打不开，可能没有传全，没有收下。重新拍一张或重新导出。",
        "“{name}” cannot be opened, perhaps it is cut off, and was not taken."
        " Take it or export it again.",
    ),
    "pixels": (
        f"「{{name}}」的像素超过 {MOST_PIXELS // 1_000_000} 百万，没有收下。缩小再传。",
        f"“{{name}}” has more than {MOST_PIXELS // 1_000_000} million pixels and was not taken."
        " Make it smaller.",
    ),
    "virus": (
        "查毒程序在「{name}」里发现了问题，没有收下，已经记录。告诉管理员，不要再打开它。",
        "The virus scanner found something in “{name}”: not taken, and recorded."
        " Tell the administrator and do not open it again.",
    ),
    "scanner": (
        "查毒程序现在不能用，「{name}」没有收下。其他内容可以先写，告诉管理员。",
        "The virus scanner does not answer, so “{name}” was not taken."
        " Go on with the rest and tell the administrator.",
    ),
}
