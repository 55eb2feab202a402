"""Talking to a process that was started: what it says, what it serves, how it ends."""

import http.client
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable

PATIENCE = 60


def said(process: subprocess.Popen[str], pattern: str) -> list[str]:
    """What a process says until a line fits; the test fails if it ends or takes too long."""
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if re.search(pattern, line):
                return lines
    finally:
        watch.cancel()
    raise AssertionError(f"ended with {process.wait()}: {lines} {process.stderr.read()}")


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response


def until(holds: Callable[[], object]) -> None:
    """Wait for another process; that is the only thing to wait for here."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)


def ends_well(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in told
