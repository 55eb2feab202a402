"""Whatever a designer writes: nothing outside is reached, and it takes no more than 5 ms."""

import subprocess
import sys

import pytest
from hypothesis import given, settings

from tests.engine.bpmn import saying

KINDS = {
    "expressions": (saying.expressions, saying.try_expression),
    "scripts": (saying.scripts, saying.try_script),
    "raw text": (saying.raw, saying.try_expression),
    "cells": (saying.cells, saying.try_cell),
    "timers": (saying.raw, saying.try_timer),
}


def tried(kind: str, examples: int) -> None:
    """Hypothesis looks for one that does not hold."""
    strategy, attempt = KINDS[kind]

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(strategy)
    def run(source):
        attempt(source)

    run()


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_source_is_refused_or_soon_done(kind):
    tried(kind, 60)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_odd_sources_are_refused_or_soon_done(kind):
    tried(kind, 2_500)


def audited(examples: int) -> str:
    """What reached outside while so many of each kind were tried, in a process of its own."""
    started = [sys.executable, "-m", "tests.engine.bpmn.saying", str(examples)]
    done = subprocess.run(started, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_nothing_reaches_a_file_an_import_or_another_program():
    assert audited(60) == "[]"


@pytest.mark.slow
def test_nothing_reaches_outside_in_thousands_of_tries():
    assert audited(2_500) == "[]"
