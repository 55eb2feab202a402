"""Posting JSON to an address that the office has set: with a time-out, without being led elsewhere.

An answer of 2xx is a receipt. 408, 425, 429 and 5xx are tried again; every other refusal is for
good.
"""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from engine.commands.notices import Undeliverable
from engine.outside.secure import trust
from engine.ways_out import Receiver

SECONDS = 10
MOST_OF_AN_ANSWER = 65_536
AGAIN = frozenset({408, 425, 429})


class TryLater(Exception):
    """The receiver cannot take it now."""


def packed(content: Mapping[str, Any]) -> bytes:
    """The body of a request: JSON in UTF-8, keys sorted, so that a repeated one is the same."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def post(receiver: Receiver, body: bytes, headers: Mapping[str, str]) -> None:
    """Post once. Raises `TryLater`, `Undeliverable`, `OSError`, `http.client.HTTPException`."""
    address = urlsplit(receiver.url)
    if address.scheme == "https":
        line: HTTPConnection = HTTPSConnection(
            address.netloc, timeout=SECONDS, context=trust(receiver.ca)
        )
    else:
        line = HTTPConnection(address.netloc, timeout=SECONDS)
    path = address.path or "/"
    try:
        line.request(
            "POST",
            f"{path}?{address.query}" if address.query else path,
            body,
            {"Content-Type": "application/json", "User-Agent": "Huiyin", **headers},
        )
        answer = line.getresponse()
        answer.read(MOST_OF_AN_ANSWER)
    finally:
        line.close()
    if 200 <= answer.status < 300:
        return
    if answer.status in AGAIN or answer.status >= 500:
        raise TryLater(f"answered {answer.status}")
    raise Undeliverable(f"answered {answer.status}")
