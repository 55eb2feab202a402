"""The dated run on the page is written by the program: marks, what was measured, what holds."""

from pathlib import Path

import pytest

from engine.bench import report

RESULTS = {
    "storage": {
        "five_tasks_bytes": 9_000,
        "appeal_bytes": 21_000,
        "stock": {"five_tasks_bytes": 16_384},
        "conditions": {
            "machine": {
                "processor": "A",
                "cores": 2,
                "memory_gb": 8.0,
                "filesystem": "ext4",
                "load": [0.1, 0.2, 0.3],
            },
            "versions": {"python": "3.11.7"},
            "settings": {"synchronous": "FULL"},
            "commit_probe_ms": [1.0, 1.1],
        },
    }
}


def test_each_mark_says_whether_it_holds():
    lines = report.markdown(RESULTS, "2026-11-22").splitlines()
    assert "| an ended case of five tasks | ≤ 10000 B | 9000 B | yes |" in lines
    assert "| an ended appeal | ≤ 20000 B | 21000 B | **no** |" in lines
    assert "| stock.five_tasks_bytes | 16384 |" in lines
    assert "| conditions.settings.synchronous | FULL |" in lines
    assert "A, 2 cores, 8.0 GB, ext4. python 3.11.7." in lines
    assert not any("workers" in line for line in lines), "what did not run is not told"


def test_a_run_takes_the_place_of_the_one_before():
    page = f"# Head\n{report.BEGIN}\nold\n{report.END}\nfoot\n"
    new = report.put_in(page, "new")
    assert "old" not in new
    assert new.startswith("# Head\n")
    assert new.endswith("foot\n")
    assert report.put_in(new, "new") == new
    with pytest.raises(ValueError, match="expected a place"):
        report.put_in("# Head\n", "new")


def test_the_shipped_page_has_a_place_for_it():
    page = Path(__file__).parents[2] / "docs" / "benchmarks.md"
    assert "new" in report.put_in(page.read_text("utf-8"), "new")
