"""A receipt: the number and the secret code of a contact, shown for a while where it was made.

The code may lie in the database only sealed; it comes back out of the first answer to a form, so
that the form sent twice shows the same receipt.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import session as browser

from engine import clock
from engine.identity import Reporter
from web.request import installation

SHOWN_FOR = timedelta(minutes=15)


def sealed(code: str, **told: Any) -> dict[str, Any]:
    """What `first_answer` may keep: the code sealed, the rest as it is."""
    kept = installation().vault.seal(Reporter(name=code))
    return {**told, "key_id": kept.key_id, "sealed": base64.b64encode(kept.sealed).decode()}


def show(key: str, answer: Mapping[str, Any]) -> None:
    """Let this browser show the receipt under `key`, for a while."""
    told = {name: value for name, value in answer.items() if name not in {"key_id", "sealed"}}
    code = installation().vault.open(answer["key_id"], base64.b64decode(answer["sealed"])).name
    until = (clock.now() + SHOWN_FOR).isoformat()
    browser[key] = {**told, "code": code, "until": until}


def shown(key: str) -> Mapping[str, Any] | None:
    """The receipt this browser may show now."""
    kept: Mapping[str, Any] | None = browser.get(key)
    if kept is None or datetime.fromisoformat(kept["until"]) < clock.now():
        return None
    return kept
