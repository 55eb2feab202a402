"""Every benchmark runs once, small, on a machine that may be busy: shapes and facts, no speeds."""

import json

import pytest

KEYS = {
    "timers": {"due", "seconds", "lag_p99_s", "twice", "lost"},
    "storage": {"five_tasks_bytes", "appeal_bytes"},
    "growth": {"cases", "ratio"},
    "workers": {"one_per_s", "two_per_s", "ratio"},
}


@pytest.fixture(scope="session")
def shaped():
    """Whether a result has the keys that others read, and can be printed."""

    def check(name, result):
        assert KEYS[name] <= set(result)
        assert json.loads(json.dumps(result)) == result
        conditions = result["conditions"]
        assert {"machine", "versions", "settings", "commit_probe_ms"} <= set(conditions)
        assert all(probe > 0 for probe in conditions["commit_probe_ms"])

    return check
