"""`huiyin bench map` on a few cases: it looks in every way, and says how long."""

from pathlib import Path

import pytest

from engine.bench import living_map
from engine.queries import living_map as queries


@pytest.mark.slow
def test_the_map_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LIVE_MOST", 20)
    told = living_map.run(tmp_path, 120, pattern=40, rounds=1, home=tmp_path)
    assert told["cases"] >= 120
    assert told["map_ms_p95"] > 0
    assert len(told["views"]) == 8, "every way of looking"
    assert len(told["lists"]) == 5
    assert told["count_rows"] > 0, "what was counted ahead is what is looked at"
    assert told["refresh"]["cases"] >= 20, "fresh cases are counted at once"
    assert {"machine", "versions"} <= set(told["conditions"])
