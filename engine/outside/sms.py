"""Short messages (短信) through a gateway that takes them by HTTP.

It is asked with `POST`, `Authorization: Bearer <token>`, `Idempotency-Key` and the body
`{"id", "to", "text", "language"}`; an adapter in front of an office's gateway speaks just that.
"""

from engine import notice_words
from engine.commands.notices import Undeliverable
from engine.outside.requests import packed, post
from engine.queries.notices import Letter
from engine.ways_out import Receiver


class ShortMessages:
    """Sends letters as short messages."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def send(self, letter: Letter) -> None:
        """Send one message. Raises as `requests.post`, and `Undeliverable` without a number."""
        if not letter.mobile:
            raise Undeliverable("no mobile number")
        body = packed(
            {
                "id": letter.id.hex,
                "to": letter.mobile,
                "text": notice_words.short(letter.said, letter.language),
                "language": letter.language,
            }
        )
        headers = {
            "Authorization": f"Bearer {self.receiver.secret}",
            "Idempotency-Key": letter.id.hex,
        }
        post(self.receiver, body, headers)
