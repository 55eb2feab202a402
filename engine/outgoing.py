"""What became of the notices that a worker sent (送出的通知): noted, and the units' people told."""

import logging
from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from engine.commands import announcing, notices
from engine.commands.notices import Notice, Undeliverable
from engine.db import Sessions, transaction, written
from engine.errors import Conflict, Unavailable

log = logging.getLogger(__name__)


def note_sent(sessions: Sessions, sent: Sequence[Notice]) -> None:
    """Note what went out and tell the people of each unit; one bad notice stops no other.

    Raises `Conflict`, `Unavailable`: then they are sent again once their lease has ended.
    """
    try:
        written(sessions, partial(_told, sent=sent))
    except (Conflict, Unavailable):
        raise
    except Exception as error:
        log.error("%d notices not told together: %s", len(sent), type(error).__name__)
        for notice in sent:
            _note_one_sent(sessions, notice)


def note_failed(sessions: Sessions, notice: Notice, error: Exception) -> None:
    """Note why one did not go out; it is tried again, or given up."""
    for_good = isinstance(error, Undeliverable)
    # What others raise could carry somebody's text; ours carries codes only.
    reason = str(error) if for_good else type(error).__name__
    with transaction(sessions) as session:
        notices.failed(session, notice.id, reason, for_good=for_good)


def _note_one_sent(sessions: Sessions, notice: Notice) -> None:
    try:
        written(sessions, partial(_told, sent=[notice]))
    except (Conflict, Unavailable):
        raise
    except Exception as error:
        log.error("notice %s is told to nobody: %s", notice.id, type(error).__name__)
        note_failed(sessions, notice, error)


def _told(session: Session, sent: Sequence[Notice]) -> None:
    """What went out, noted, and the people of the units told of it: both or neither."""
    announcing.of_outbox(session, sent)
    notices.sent(session, [notice.id for notice in sent])
