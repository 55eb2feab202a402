"""The post (收发): each notice of the outbox by the way it is meant to go.

Notices to units and citizens go into the journal, as do short messages while no gateway is
connected; what goes to a person is put into words here, at the last moment.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from engine import faults, notice_words
from engine.commands.notices import Notice
from engine.commands.planning import KIND, TO_PERSON
from engine.db import Sessions, reading
from engine.journal import Journal
from engine.notice_kinds import Channel
from engine.outside.mail import Mailer
from engine.outside.sms import ShortMessages
from engine.outside.webhook import Webhook
from engine.queries import notices
from engine.queries.notices import Letter
from engine.ways_out import Ways


class Way(Protocol):
    """Carries letters outside."""

    def send(self, letter: Letter) -> None:
        """Send one letter; a repeated id must do no harm."""


class Post:
    """Sends what the worker takes out of the outbox."""

    def __init__(
        self, sessions: Sessions, journal: Journal, ways: Ways, public_url: str = ""
    ) -> None:
        self.sessions = sessions
        self.journal = journal
        self.ways: Mapping[Channel, Way] = {
            channel: way
            for channel, way in (
                (Channel.EMAIL, Mailer(ways.smtp, public_url) if ways.smtp else None),
                (Channel.WEBHOOK, Webhook(ways.webhook, public_url) if ways.webhook else None),
                (Channel.SMS, ShortMessages(ways.sms) if ways.sms else None),
            )
            if way is not None
        }

    @property
    def channels(self) -> frozenset[Channel]:
        """By which channels people are reached; the journal takes short messages at least."""
        return frozenset({*self.ways, Channel.SMS})

    def send(self, notice: Notice) -> None:
        """Send one notice. Raises what its way does; nothing is sent where nothing is left."""
        if not notice.kind.startswith(KIND):
            self.journal.send(notice)
            return
        letter = self._letter(notice)
        if letter is None:
            return
        channel = Channel(notice.kind.removeprefix(KIND))
        way = self.ways.get(channel)
        if way is not None:
            way.send(letter)
            faults.reach("after-outbox-send")
        else:
            self.journal.send(_as_a_line(notice, letter))

    def _letter(self, notice: Notice) -> Letter | None:
        with reading(self.sessions) as session:
            return notices.letter(
                session,
                notice.id,
                UUID(hex=notice.recipient.removeprefix(TO_PERSON)),
                [UUID(hex=key) for key in notice.payload["notices"]],
                notice.written_at,
            )


def _as_a_line(notice: Notice, letter: Letter) -> Notice:
    """A short message as it stands in the journal: for a login, as no number belongs there."""
    text = notice_words.short(letter.said, letter.language)
    return replace(notice, payload={"to": letter.login, "text": text, "language": letter.language})
