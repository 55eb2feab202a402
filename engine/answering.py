"""Answers (答复): written, passed by the review gate, sent; a letter that refuses is one too."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from engine import effects, merging
from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import Answer, Review
from engine.packs import Item
from engine.prepared import Prepared
from engine.work import Work

Answers = Mapping[str, Any]
# What an outcome may ask for besides the text of the answer, by the names of the form's fields.
DETAILS = ("remaining", "reason", "policy", "plan", "plan_by", "legal_channel", "legal_basis")
# Which of the four forms a task of a diagram is.
FORMS = {
    "answer_directly": "direct",
    "publish_batch": "batch",
    "press_briefing": "press",
    "reply_publicly": "public_reply",
}
_TOKEN_BYTES = 32
_answer_table = table(Answer)
_INSERT_ANSWER = Prepared(insert(_answer_table))
_INSERT_REVIEW = Prepared(insert(table(Review)))
_DETAILS_OF = select(_answer_table.c.details).where(_answer_table.c.id == bindparam("key"))
_ANSWER_OUT = (
    update(_answer_table)
    .where(_answer_table.c.id == bindparam("key"))
    .values(forms=bindparam("new_forms"))
)
_ANSWER_OUT_FIRST = _ANSWER_OUT.values(
    sent_at=bindparam("at"), sent_by=bindparam("who"), token_hmac=bindparam("link")
)


def write(work: Work, answers: Answers) -> None:
    """An answer, or a revision of one, which keeps what its outcome asked for."""
    key = new_key()
    if "outcome" in answers:
        details = {name: answers[name] for name in DETAILS if name in answers}
    else:
        before = work.session.scalar(_DETAILS_OF, {"key": UUID(hex=work.facts["answer"])})
        details = dict(before or {})
    work.facts |= {"answer": key.hex, "answer_forms": []}
    _INSERT_ANSWER.run(
        work.wire,
        {
            "id": key,
            "case_id": work.case_id,
            "unit_key": work.facts["unit"] or None,
            "outcome": answers.get("outcome") or work.facts["outcome"],
            "text": answers["answer"],
            "written_at": work.now,
            "written_by": work.by,
            "sent_at": None,
            "sent_by": None,
            "forms": [],
            "details": details,
            "token_hmac": None,
        },
    )


def review(work: Work, answers: Answers) -> None:
    """The gate: it opens only when all that applies on the check list is ticked."""
    passed, ticked = answers["review"] == "pass", list(answers.get("checks", []))
    open_points = [one for one in _asked(work) if one["key"] not in ticked] if passed else []
    if open_points:
        raise InvalidAnswers({"checks": _still_open(open_points)})
    _INSERT_REVIEW.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "answer_id": UUID(hex=work.facts["answer"]),
            "passed": passed,
            "fault": answers.get("fault", ""),
            "note": answers.get("note", ""),
            "checks": ticked,
            "reviewed_at": work.now,
            "reviewed_by": work.by,
        },
    )
    if not passed and work.facts["unit"]:
        work.notify("answer.sent_back", f"unit:{work.facts['unit']}", {})


def sent(work: Work) -> None:
    """The answer went out in one of its forms; the first of them tells the citizen."""
    assert work.task is not None
    form = FORMS.get(work.task["element"], work.task["element"])
    if "answer" not in work.facts:
        return  # the main case was closed without an answer of its own
    forms_before = work.facts["answer_forms"]
    work.facts["answer_forms"] = [*forms_before, form]
    out = {"key": UUID(hex=work.facts["answer"]), "new_forms": work.facts["answer_forms"]}
    if forms_before:
        work.session.execute(_ANSWER_OUT, out)
        return
    token = _new_token(work)
    first = {"at": work.now, "who": work.by, "link": digest(token) if token else None}
    work.session.execute(_ANSWER_OUT_FIRST, out | first)
    # Only the notice holds the secret; what is kept here finds it and cannot make it.
    work.notify("case.answered", "citizen", {"rate": token} if token else {})
    merging.tell_joined(work, "matter_answered")
    effects.tell_extension(work, "case_answered")


def refuse(work: Work, answers: Answers) -> None:
    """The letter that names the legal channel is kept, and the citizen told of it."""
    channel = answers.get("legal_channel", "")
    _INSERT_ANSWER.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "unit_key": None,
            "outcome": "refused",
            "text": answers.get("letter", ""),
            "written_at": work.now,
            "written_by": work.by,
            "sent_at": work.now,
            "sent_by": work.by,
            "forms": ["letter"],
            "details": {
                "legal_channel": channel,
                "refusal_reason": work.facts.get("refusal_reason", ""),
                "told_at": answers.get("told_at", ""),
            },
            "token_hmac": None,
        },
    )
    work.notify("case.refused", "citizen", {"legal_channel": channel})
    merging.tell_joined(work, "matter_undone")  # whoever joined it is not refused with it


def digest(token: str) -> bytes:
    """Under what the secret of a link is found; it has 256 bits, so one round is enough."""
    return hashlib.sha256(token.encode()).digest()


def _new_token(work: Work) -> str | None:
    """A secret by which the citizen may rate the result once; None where nobody could be told."""
    nobody = work.facts["anonymous"] or work.case.get("sealed")
    return None if nobody else secrets.token_urlsafe(_TOKEN_BYTES)


def _asked(work: Work) -> Sequence[Item]:
    """The points of the pack's check list that this answer must meet.

    None where the form is of a version that had no list yet.
    """
    assert work.task is not None
    if "checks" not in work.deployed.form(work.task["form"])["properties"]:
        return []
    outcome = work.facts["outcome"]
    return [
        one
        for one in work.terms.pack.items("review_checks")
        if outcome in one.get("outcomes", [outcome])
    ]


def _still_open(points: Sequence[Item]) -> Mapping[str, str]:
    return {
        "zh": f"还没有勾：{'；'.join(one['zh'] for one in points)}。做到了再勾，做不到就退回修改。",
        "en": f"Not ticked: {'; '.join(one['en'] for one in points)}. Tick them, or send it back.",
    }
