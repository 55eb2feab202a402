"""More than fits into memory, kept in files for a while: sorted lines, and pieces in order."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

RUN = 50_000
_LENGTH = 8


@contextmanager
def sorted_lines(lines: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Lines in order of their bytes; no more than `RUN` of them are in memory at once."""
    lines = iter(lines)
    with ExitStack() as files:
        runs: list[IO[bytes]] = []
        while some := sorted(islice(lines, RUN)):
            file = files.enter_context(TemporaryFile())
            file.writelines(line + b"\n" for line in some)
            file.seek(0)
            runs.append(file)
        # Without their ends, which would sort behind a sign below them.
        yield heapq.merge(*(map(_without_end, run) for run in runs))


class Pieces:
    """Numbered pieces of bytes in a file: written one after the other, read back in that order."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, number: int, content: bytes) -> None:
        """Write one piece."""
        for part in (number, len(content)):
            self._file.write(part.to_bytes(_LENGTH))
        self._file.write(content)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """All pieces from the first."""
        self._file.seek(0)
        while head := self._file.read(2 * _LENGTH):
            length = int.from_bytes(head[_LENGTH:])
            yield int.from_bytes(head[:_LENGTH]), self._file.read(length)


@contextmanager
def pieces() -> Iterator[Pieces]:
    """A file for pieces, gone at the end."""
    with TemporaryFile() as file:
        yield Pieces(file)


def _without_end(line: bytes) -> bytes:
    return line[:-1]
