"""Points where a test may kill or stop the process, to prove that nothing acknowledged is lost.

Nothing happens unless `HUIYIN_FAULT` names a point: `point`, `point:n` for its n-th visit, and
`point:n:stop` to hang there until it is continued.
"""

import signal
import threading

POINTS = (
    "after-engine",
    "before-commit",
    "after-commit",
    "after-lease",
    "inside-firing",
    "inside-outbox-send",
    "after-outbox-send",
)

_armed: dict[str, int] = {}
_ends: dict[str, signal.Signals] = {}
ENDS = {"": signal.SIGKILL, "kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def arm(spec: str) -> None:
    """Arm one point, e.g. `before-commit:3`; an empty text disarms all."""
    _armed.clear()
    if spec:
        point, _, rest = spec.partition(":")
        visit, _, end = rest.partition(":")
        if point not in POINTS:
            raise ValueError(f"unknown fault point {point!r}; there are {', '.join(POINTS)}")
        if end not in ENDS or not (visit or "1").isdecimal():
            raise ValueError(f"expected a visit and `kill` or `stop` after {point}, found {rest!r}")
        _armed[point], _ends[point] = int(visit or 1), ENDS[end]


def reach(point: str) -> None:
    """Die or stop if `point` is armed and its visit has come; once continued, it is over."""
    if not _armed or point not in _armed:
        return
    _armed[point] -= 1
    if _armed[point] <= 0:
        del _armed[point]
        # To this very thread: it would run on for a moment until another had taken the signal.
        signal.pthread_kill(threading.get_ident(), _ends[point])
