"""The crash harness for any time: python -m tests.crash --seconds 600 --database postgresql

Prints what was acknowledged, killed, lost and double; ends with 1 unless nothing was lost.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests import databases
from tests.crash.run import Plan, run


def main(words: list[str]) -> int:
    """One run on a fresh database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="Folder for database, logs and promises.")
    told = parser.parse_args(words)
    plan = Plan(told.seconds, told.webs, told.workers, told.clients, told.seed)
    with tempfile.TemporaryDirectory(prefix="hycrash", ignore_cleanup_errors=True) as folder:
        home = told.keep or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        template = databases.Template.make(Path(folder), told.database)
        with template.copy(home) as url:
            report = run(plan, url, home)
    sys.stdout.write(f"{report}\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
