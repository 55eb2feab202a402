"""The journal of notices (通知簿): lines of JSON in a file, for an office's own gateway."""

import errno
import json
import os
from pathlib import Path

from engine import faults
from engine.commands.notices import Notice


class Journal:
    """Writes notices into a file that any number of workers append to.

    A line may come twice after a crash; its `id` tells. A line that is no JSON was torn by a full
    disk or a power cut; its notice comes again, whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, notice: Notice) -> None:
        """Append one line and force it to disk. Raises `OSError`."""
        line = {
            "id": notice.id.hex,
            "kind": notice.kind,
            "recipient": notice.recipient,
            "payload": notice.payload,
            "written_at": notice.written_at.isoformat(),
        }
        text = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        # Links by which citizens rate stand in it: for its owner's eyes.
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while not _append(handle, text):
                pass
            faults.reach("inside-outbox-send")
            os.fsync(handle)
        finally:
            os.close(handle)


def _append(handle: int, text: bytes) -> bool:
    """Write at the end; whether the text stands on a line of its own.

    It is looked at afterwards, where it landed: others write at the same time, and a lock would
    be kept by a process that hangs.
    """
    written = os.write(handle, text)
    if written < len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    start = os.lseek(handle, 0, os.SEEK_CUR) - written
    return start == 0 or os.pread(handle, 1, start - 1) == b"\n"
