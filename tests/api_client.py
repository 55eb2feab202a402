"""A client of the API as an outside system would write it: standard library only."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlparse


class Lost(Exception):
    """The server did not answer: nobody knows whether it acted."""


@dataclass(frozen=True)
class Reply:
    """What the server said. retry_after: in seconds, as it advises."""

    status: int
    body: Any
    replayed: bool
    retry_after: int | None = None


@dataclass(frozen=True)
class Client:
    """One person's token at one server."""

    base: str
    token: str

    def get(self, path: str, **query: str) -> Reply:
        """Ask for something."""
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path, None, None)

    def post(self, path: str, body: Any, key: str | None = None) -> Reply:
        """Do something; with a key it is safe to repeat. Raises `Lost`."""
        return self._send("POST", path, body, key)

    def _send(self, method: str, path: str, body: Any, key: str | None) -> Reply:
        address = urlparse(self.base)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/api/v1{path}", content, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (HTTPException, OSError) as error:
            raise Lost(type(error).__name__) from error
        finally:
            connection.close()
        replayed = answer.getheader("Idempotent-Replay") == "true"
        advice = answer.getheader("Retry-After")
        told = json.loads(text) if text else None
        return Reply(answer.status, told, replayed, int(advice) if advice else None)
