"""The virus scanner (查毒): a command of the office's own looks at each file before it is kept.

The command gets the file's path as its last word. It ends with 0 for a clean file and with 1 for a
finding, as `clamdscan` does; anything else, or no answer in time, means that nothing is known, and
then nothing is taken. No transaction is open meanwhile.
"""

import logging
import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.errors import InvalidInput
from engine.settings import Settings

log = logging.getLogger(__name__)

CLEAN, FOUND = 0, 1


@dataclass(frozen=True)
class Scanner:
    """A command that looks at files. seconds: how long it may take for one."""

    words: tuple[str, ...]
    seconds: int

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The scanner that the settings name; None where there is none."""
        words = tuple(shlex.split(settings.scanner))
        return cls(words, settings.scanner_seconds) if words else None

    def look_at(self, data: bytes) -> None:
        """Let the command look at these bytes.

        Raises `InvalidInput`, field `virus` for a finding, `scanner` if it cannot tell.
        """
        handle, name = tempfile.mkstemp(prefix="huiyin-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            answer = self._ask(name)
        finally:
            Path(name).unlink(missing_ok=True)
        if answer == FOUND:
            raise InvalidInput("virus", "a file in which the scanner finds nothing")
        if answer != CLEAN:
            log.error("the scanner %s ended with %s", self.words[0], answer)
            raise InvalidInput("scanner", "a scanner that can tell")

    def _ask(self, name: str) -> int | None:
        try:
            done = subprocess.run(
                [*self.words, name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("the scanner %s: %s", self.words[0], type(error).__name__)
            return None
        return done.returncode
