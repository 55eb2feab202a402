"""The benchmark of the engine runs, and says what it measured, in the shape others read."""

import pytest

from engine.bench import engine, office
from engine.bench.engine import Size
from engine.bench.scenarios import DIAGRAMS, five_tasks, long_case
from engine.commands import deployments

COMPARED = {"ours_per_s", "stock_per_s", "ratio", "state_bytes"}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    told = []
    size = Size(five_tasks=1, long_case=1, rehandling=3, warm_up=0)
    folder = tmp_path_factory.mktemp("bench")
    result = engine.run(folder, 1, size=size, tell=told.append)
    assert not list(folder.iterdir()), "its databases are removed"
    return result, told


def test_it_tells_three_measurements_and_their_conditions(measured):
    result, _ = measured
    assert set(result) == {"five_tasks", "long_case", "rehandling", "conditions"}
    assert set(result["five_tasks"]) == set(result["long_case"]) == COMPARED
    assert set(result["rehandling"]) == {"ratio", "state_bytes"}


def test_every_number_is_above_zero(measured):
    result, _ = measured
    for name in ("five_tasks", "long_case", "rehandling"):
        assert all(value > 0 for value in result[name].values()), result[name]
    assert all(probe > 0 for probe in result["conditions"]["commit_probe_ms"])


def test_states_stay_small_however_often_a_case_is_handled_again(measured):
    result, _ = measured
    assert result["long_case"]["state_bytes"] <= 2000
    # The third round has the same steps and the same open work as the second.
    assert result["rehandling"]["state_bytes"] <= result["long_case"]["state_bytes"] * 1.1


def test_progress_names_each_scenario(measured):
    _, told = measured
    assert [line.split()[0] for line in told] == ["five_tasks", "long_case", "rehandling:"]


def test_the_cases_have_five_and_twenty_six_steps():
    assert len(five_tasks().steps) == 5
    assert len(long_case().steps) == 26


@pytest.mark.parametrize("process", office.PROCESSES)
def test_its_diagrams_have_no_fault(process):
    assert deployments.check(deployments.read_folder(DIAGRAMS / process)) == []


def test_a_folder_lies_on_the_file_system_that_is_told(tmp_path):
    assert office.filesystem(tmp_path / "not there yet") != ""
    with office.work_folder(tmp_path, tmp_path) as folder:
        assert folder.parent == tmp_path
        assert office.commit_probe(folder, 3) > 0
