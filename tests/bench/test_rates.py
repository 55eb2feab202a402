"""`huiyin bench rates` on a few cases: it counts every rate and the board, and says how long."""

from pathlib import Path

import pytest

from engine.bench import rates


@pytest.mark.slow
def test_rates_are_timed(tmp_path: Path) -> None:
    told = rates.run(tmp_path, 300, pattern=60, rounds=1, home=tmp_path)
    assert told["cases"] >= 300
    assert told["rates"] > 20
    assert told["rate_ms_p95"] > 0
    assert told["board_ms_p95"] > 0
    assert len(told["boards"]) > 15, "with each of its lists"
    assert told["refresh"]["with_board_ms"] > told["refresh"]["ms"]
    assert told["refresh"]["cases"] >= 20, "fresh cases are counted at once"
    assert {"machine", "versions"} <= set(told["conditions"])
