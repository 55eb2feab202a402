"""Under what a benchmark was taken: the machine, the versions, the settings, the disk."""

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.bench import office
from engine.bench.databases import Place
from engine.bpmn import stock

# What a worker does again by itself is committed without waiting for the disk.
FIRING = "synchronous = NORMAL, or synchronous_commit = off: decision 0022"
_PACKAGES = ("huiyin", stock.PACKAGE, "SQLAlchemy", "psycopg")


def conditions(place: Place, probes: Sequence[float], **more: Any) -> dict[str, Any]:
    """As JSON. probes: seconds of a small commit before and after; more: settings of this run."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(_memory() / 2**30, 1),
            "filesystem": office.filesystem(place.folder),
            "load": [round(one, 1) for one in os.getloadavg()],
        },
        "versions": {
            "python": sys.version.split()[0],
            place.kind: place.version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "settings": {**place.settings(), **more},
        "commit_probe_ms": [round(1000 * probe, 3) for probe in probes],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
