"""Several people at once: functions started together, each in a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

SECONDS = 60


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act gave, or the exception it raised, in the order of `acts`."""
    gate = Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        gate.wait(SECONDS)
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return [run.result(SECONDS) for run in [pool.submit(begin, act) for act in acts]]


def failures(results: Sequence[Any]) -> list[Exception]:
    """The exceptions among them."""
    return [result for result in results if isinstance(result, Exception)]
