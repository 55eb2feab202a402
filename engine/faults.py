"""Points where a test may kill the process, to prove that nothing acknowledged is lost.

Nothing happens unless `HUIYIN_FAULT` names a point (`point` or `point:n` for its n-th visit).
"""

import os
import signal

POINTS = ("after-engine", "before-commit", "after-commit", "after-lease", "inside-outbox-send")

_armed: dict[str, int] = {}


def arm(spec: str) -> None:
    """Arm one point, e.g. `before-commit:3`; an empty text disarms all."""
    _armed.clear()
    if spec:
        point, _, visit = spec.partition(":")
        if point not in POINTS:
            raise ValueError(f"unknown fault point {point!r}; there are {', '.join(POINTS)}")
        _armed[point] = int(visit or 1)


def reach(point: str) -> None:
    """Die by SIGKILL if `point` is armed and its visit has come."""
    if not _armed or point not in _armed:
        return
    _armed[point] -= 1
    if _armed[point] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
