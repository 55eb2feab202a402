"""Files that a form has sent once: they travel on with it, signed, and need not be sent again.

The signature says who sent which content under which name. Without it, knowing the hash of
another case's file would be enough to lay it into one's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from engine.commands.evidence import Kept


def sign(kept: Iterable[Kept], person_id: UUID) -> list[str]:
    """Values for the hidden inputs `kept` of the form."""
    serializer = _serializer()
    return [serializer.dumps({**asdict(one), "by": person_id.hex}) for one in kept]


def read(signed: Sequence[str], person_id: UUID) -> dict[str, Kept]:
    """The files that came back, by hash; what was not signed for this person is left out."""
    serializer, found = _serializer(), {}
    for text in signed:
        try:
            told: dict[str, Any] = serializer.loads(text)
        except BadData:
            continue
        if told.pop("by") == person_id.hex:
            found[told["sha256"]] = Kept(**told)
    return found


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="kept-file")
