"""Notices to another system (网络回调), signed, so that it knows who speaks.

The body is JSON. `X-Huiyin-Signature: t=<seconds>,v1=<hex>` is the HMAC-SHA256 of
`<seconds>.<body>` under the office's secret; a receiver refuses what is older than it likes.
`Idempotency-Key` is the id of the message, the same when it comes again.
"""

import hashlib
import hmac

from engine import clock
from engine.outside.requests import packed, post
from engine.queries.notices import Letter
from engine.ways_out import Receiver


class Webhook:
    """Posts letters as JSON. public_url: "" if it is not known."""

    def __init__(self, receiver: Receiver, public_url: str = "") -> None:
        self.receiver = receiver
        self.public_url = public_url

    def send(self, letter: Letter) -> None:
        """Post one letter. Raises as `requests.post`."""
        body = packed(
            {
                "id": letter.id.hex,
                "written_at": letter.written_at.isoformat(),
                "to": {"login": letter.login, "name": letter.name},
                "language": letter.language,
                "notices": [
                    {
                        "id": one.id.hex,
                        "kind": one.kind,
                        "sentence": one.sentence[letter.language],
                        "case": one.number,
                        "url": f"{self.public_url}{one.path}",
                        "urgent": one.urgent,
                        "at": one.at.isoformat(),
                    }
                    for one in letter.notices
                ],
            }
        )
        at = int(clock.now().timestamp())
        post(
            self.receiver,
            body,
            {
                "Idempotency-Key": letter.id.hex,
                "X-Huiyin-Signature": f"t={at},v1={signature(self.receiver.secret, at, body)}",
            },
        )


def signature(secret: str, at: int, body: bytes) -> str:
    """What proves that a body is ours. at: seconds since 1970."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
