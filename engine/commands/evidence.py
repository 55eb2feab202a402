"""Evidence (证据): files that show what was done, kept before the command that names them."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock
from engine.db import new_key
from engine.errors import InvalidAnswers, InvalidInput
from engine.files import LARGEST, Files
from engine.models import Evidence

MOST = 20
LONGEST_NAME = 120
_MEGABYTE = 1024 * 1024
Sentence = Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """A file in the store, with the name it came under."""

    sha256: str
    name: str
    media_type: str
    size: int


def keep(
    files: Files, uploads: Mapping[str, Sequence[tuple[str, BinaryIO]]], *, already: int = 0
) -> dict[str, list[Kept]]:
    """Put what was sent for each field into the store; outside any transaction.

    uploads: field -> (name, stream). already: files that are there from before, for `MOST`.
    Raises `InvalidAnswers` with a sentence for each field that has a file we do not take.
    """
    kept: dict[str, list[Kept]] = {}
    faults: dict[str, Sentence] = {}
    if already + sum(len(sent) for sent in uploads.values()) > MOST:
        raise InvalidAnswers(dict.fromkeys(uploads, _TOO_MANY))
    for field, sent in uploads.items():
        for raw_name, stream in sent:
            name = tidy_name(raw_name)
            try:
                stored = files.put(stream)
            except InvalidInput as error:
                faults.setdefault(field, _refusal(name, error.field))
                continue
            one = Kept(stored.sha256, name, stored.media_type, stored.size)
            if all(other.sha256 != one.sha256 for other in kept.get(field, [])):
                kept.setdefault(field, []).append(one)
    if faults:
        raise InvalidAnswers(faults)
    return kept


def add(session: Session, case_id: UUID, kept: Iterable[Kept], *, by: UUID) -> None:
    """Write the files into the case's evidence; what is there already stays as it is."""
    wanted = {one.sha256: one for one in kept}
    if not wanted:
        return
    there = session.scalars(
        select(Evidence.sha256).where(Evidence.case_id == case_id, Evidence.sha256.in_(wanted))
    )
    for sha256 in there:
        del wanted[sha256]
    if wanted:
        session.execute(
            insert(Evidence),
            [
                {
                    "id": new_key(),
                    "case_id": case_id,
                    "sha256": one.sha256,
                    "name": one.name,
                    "media_type": one.media_type,
                    "size": one.size,
                    "added_at": clock.now(),
                    "added_by": by,
                }
                for one in wanted.values()
            ],
        )


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


def _refusal(name: str, why: str) -> Sentence:
    if why == "size":
        limit = LARGEST // _MEGABYTE
        return {
            "zh": f"「{name}」超过 {limit} MB，没有收下。缩小或分成几份再传。",
            "en": f"“{name}” is larger than {limit} MB and was not taken."
            " Make it smaller or split it.",
        }
    if why == "empty":
        return {
            "zh": f"「{name}」是空的，没有收下。",
            "en": f"“{name}” is empty and was not taken.",
        }
    return {
        "zh": f"「{name}」不是照片（PNG、JPEG）、PDF 或纯文本，没有收下。另存为其中一种再传。",
        "en": f"“{name}” is no picture (PNG, JPEG), PDF or plain text and was not taken."
        " Save it as one of these.",
    }
