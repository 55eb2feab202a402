"""The outside as it is: a mail server and a receiver of requests on this machine, real sockets."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mailbox:
    """What a mail server has taken, and how it behaves.

    refuse: its answer to every recipient, such as b"550 no such user"; sessions: how often it was
    spoken to; users: who signed in; secured: whether the last letter came over TLS.
    """

    port: int = 0
    refuse: bytes = b""
    refuse_letters: bytes = b""
    sessions: int = 0
    secured: bool = False
    users: list[bytes] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)


@dataclass
class Asked:
    """One request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Door:
    """What a receiver was asked, and what it answers: the next of `answers`, then 200."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/take?from=huiyin"


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, *, at_once: bool = False
) -> Iterator[Mailbox]:
    """A mail server; with a context it speaks TLS, after STARTTLS or at once."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            box.sessions += 1
            secured = at_once
            if at_once and context is not None:
                self._secure(context)
            self._say(b"220 here")
            while line := self.rfile.readline():
                verb = line.split(maxsplit=1)[0].upper() if line.strip() else b""
                if verb == b"EHLO":
                    extra = [b"250-STARTTLS"] if context and not secured else []
                    self._say(*[b"250-here", *extra, b"250-AUTH PLAIN", b"250 8BITMIME"])
                elif verb == b"STARTTLS" and context is not None:
                    self._say(b"220 go on")
                    self._secure(context)
                    secured = True
                elif verb == b"AUTH":
                    box.users.append(line.split()[-1])
                    self._say(b"235 well")
                elif verb == b"RCPT" and box.refuse:
                    self._say(box.refuse)
                elif verb == b"DATA":
                    self._say(b"354 go on")
                    self._take(secured)
                elif verb == b"QUIT":
                    self._say(b"221 bye")
                    return
                else:
                    if verb == b"RCPT":
                        box.to.append(line.decode().partition("<")[2].partition(">")[0])
                    self._say(b"250 well")

        def _take(self, secured: bool) -> None:
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            if box.refuse_letters:
                self._say(box.refuse_letters)
                return
            box.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
            box.secured = secured
            self._say(b"250 taken")

        def _secure(self, context: ssl.SSLContext) -> None:
            self.connection = context.wrap_socket(self.request, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def _say(self, *lines: bytes) -> None:
            self.wfile.write(b"".join(line + b"\r\n" for line in lines))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever hangs up in the middle is no fault of the server."""

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        with _running(server):
            yield box


@contextmanager
def receiver() -> Iterator[Door]:
    """Something that takes requests."""
    door = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            door.asked.append(Asked(self.path, dict(self.headers), body))
            self.send_response(door.answers.pop(0) if door.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_told: Any) -> None:
            """Nothing on the screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        door.port = server.server_address[1]
        with _running(server):
            yield door


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
