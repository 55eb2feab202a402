"""Forty seconds of the crash harness; `python -m tests.crash` runs it for any time."""

import pytest

from tests.crash.run import Plan, run

SECONDS = 40


@pytest.mark.both
@pytest.mark.slow
def test_an_office_under_fire_loses_nothing_and_does_nothing_twice(database_url, tmp_path):
    report = run(Plan(SECONDS), database_url, tmp_path)
    print(report)  # noqa: T201 - what it counted, for whoever looks with -s
    assert report.broken == []
    assert report.killed.total() >= 2
    assert report.acknowledged["contact"] >= 1
    assert report.acknowledged["task"] >= 1
    assert report.done["timers"] >= 1
