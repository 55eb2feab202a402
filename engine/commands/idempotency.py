"""Idempotency keys (幂等键): a repeated request gets the first answer.

The answer is written in the command's own transaction. A repeat runs into it, or into what the
first one closed, and is then answered from here.
"""

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from engine import clock
from engine.db import changed, table
from engine.errors import Conflict, InvalidInput
from engine.models import Idempotency
from engine.prepared import Prepared, wire

KEPT_FOR = timedelta(days=30)
LONGEST_KEY = 80
_DIGEST = 16  # bytes
_idempotency = table(Idempotency)
_INSERT = Prepared(insert(_idempotency))
_ANSWERED = Prepared(
    select(_idempotency.c.request, _idempotency.c.answer).where(
        _idempotency.c.key == bindparam("asked")
    )
)


def digest(request: Any) -> bytes:
    """What was asked, in a few bytes; `request` is JSON."""
    told = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=_DIGEST).digest()


def answered(session: Session, scope: str, key: str, request: bytes) -> dict[str, Any] | None:
    """The first answer under this key, or None.

    scope: whose keys they are, e.g. a person's id. Raises `Conflict` if the key was used for
    another request, `InvalidInput` if it is no key.
    """
    row = _ANSWERED.row(wire(session), {"asked": _full(scope, key)})
    if row is None:
        return None
    asked, answer = row
    if asked != request:
        raise Conflict("This idempotency key was used for another request.")
    return dict(answer)


def keep(session: Session, scope: str, key: str, request: bytes, answer: dict[str, Any]) -> None:
    """Keep the answer with the command. A second writer gets `Conflict` from the database."""
    _INSERT.run(
        wire(session),
        {"key": _full(scope, key), "request": request, "answer": answer, "at": clock.now()},
    )


def forget_old(session: Session) -> int:
    """Drop answers that nobody will ask for any more; gives how many."""
    before = clock.now() - KEPT_FOR
    return changed(session.execute(delete(_idempotency).where(_idempotency.c.at < before)))


def _full(scope: str, key: str) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput("Idempotency-Key", f"1 to {LONGEST_KEY} visible ASCII characters")
    return Idempotency.key_of(scope, key)
