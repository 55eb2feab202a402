"""A small disk of one's own, which can be filled and freed."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = bytes(64 * 1024)


class Disk:
    """A folder that has no more room than it was given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as file:
            for block in (_BLOCK, b"\0"):
                try:
                    while file.write(block):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()


@contextmanager
def mounted(folder: Path, megabytes: int, owner: int = 0) -> Iterator[Disk | None]:
    """A disk in memory at `folder`; None where this user may not mount one."""
    folder.mkdir()
    size = f"size={megabytes}m,mode=0700,uid={owner}"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if os.geteuid() != 0 or done.returncode != 0:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
