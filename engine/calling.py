"""Callbacks (回访): attempts in bands of the day, on different days; what the citizen said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import bindparam, insert, select

from engine import merging
from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import Callback
from engine.packs import Pack
from engine.prepared import Prepared
from engine.work import Work

Answers = Mapping[str, Any]
ONLINE = "online"  # instead of a band, when the citizen rated by the link
SPARED = "callback_spared"  # the message that ends the callback of a case that was not drawn
RETRY = "callback_retry"  # the limit of the wait between two attempts
NOT_DRAWN = "not_drawn"  # where a diagram waits for it, on the border of the callback
CASE_IS_OVER = {
    "zh": "这一件已经办结，回访不再登记。市民又提出新问题的，登记为新的来件。",
    "en": "The case is closed; no callback is recorded any more. A new matter is a new contact.",
}
_callback = table(Callback)
_INSERT = Prepared(insert(_callback))
_EARLIER = Prepared(
    select(_callback.c.called_at, _callback.c.band)
    .where(_callback.c.case_id == bindparam("case"))
    .order_by(_callback.c.id.desc())
)


def record(work: Work, answers: Answers) -> None:
    """One attempt: refused if nobody was reached in a band that was tried the same day."""
    attempts = work.facts["callback_attempts"]
    earlier = _earlier(work, attempts) if attempts else []
    today = work.terms.calendar.local(work.now).date()
    if not answers["reached_citizen"] and (today, answers["band"]) in earlier:
        raise InvalidAnswers({"band": _tried(work.terms.pack, answers["band"])})
    work.facts["callback_days"] = len({day for day, _ in earlier} | {today})
    said, key = answers.get("contacted"), new_key()
    _INSERT.run(
        work.wire,
        {
            "id": key,
            "case_id": work.case_id,
            "attempt": attempts + 1,
            "reached": answers["reached_citizen"],
            "contacted": None if said is None else said == "yes",
            "result": answers.get("result", ""),
            "satisfaction": answers.get("satisfaction"),
            "band": answers["band"],
            "suggestion": answers.get("suggestion", ""),
            "called_at": work.now,
            "called_by": work.by,
        },
    )
    if answers.get("suggestion"):
        work.suggestions.append((key, answers["suggestion"]))
    if answers.get("result") == "unsolved" and work.facts["unit"]:
        work.notify("callback.unsolved", f"unit:{work.facts['unit']}", {})
    if work.facts["disposition"] == "joined" and answers.get("result") in {"partly", "unsolved"}:
        merging.leave(work, reason="unsolved")  # from now on it is handled by itself


def band_at(pack: Pack, at: datetime) -> str:
    """The key of the band of the day that it is now; "" between the bands. at: local time."""
    clock = at.time()
    for band in pack.items("callback_bands"):
        if time.fromisoformat(band["from"]) <= clock < time.fromisoformat(band["to"]):
            return str(band["key"])
    return ""


def _earlier(work: Work, attempts: int) -> Sequence[tuple[date, str]]:
    """The attempts since the answer went out; older ones belong to an earlier round."""
    rows = _EARLIER.rows(work.wire, {"case": work.case_id})[:attempts]
    return [(work.terms.calendar.local(at).date(), band) for at, band in rows]


def _tried(pack: Pack, band: str) -> Mapping[str, str]:
    name = pack.item("callback_bands", band) or {"zh": band, "en": band}
    return {
        "zh": f"今天{name['zh']}已经打过，没有接通。换个时段，或改天再打。",
        "en": f"Already called today ({name['en']}). Call at another time, or on another day.",
    }
