"""Deploying through the API, and reading what is deployed."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import deployments
from tests.databases import WORKFLOWS
from tests.web.api.conftest import Api
from tests.web.api.test_door import refused

Files = Callable[[str], dict[str, bytes]]
FOREIGN = Path(__file__).parents[2] / "engine" / "bpmn" / "foreign"
BROKEN = b'<bpmn:userTask id="complete_record"'


def test_what_is_unchanged_makes_no_versions(api: Api, files: Files) -> None:
    answer = api.deploy("appeal", files("appeal"))
    assert answer.status_code == 200
    assert answer.get_json()["definitions"] == []


def test_a_changed_diagram_is_the_next_version(api: Api, files: Files) -> None:
    changed = files("supervision")
    changed["process.bpmn"] = changed["process.bpmn"].replace(b'name="', 'name="新'.encode(), 1)
    answer = api.deploy("supervision", changed, key="d1")
    assert answer.status_code == 201
    (made,) = answer.get_json()["definitions"]
    assert made == {"kind": "bpmn", "key": "supervision", "version": 2}
    again = api.deploy("supervision", changed, key="d1")
    assert again.status_code == 201
    assert again.get_json() == answer.get_json()
    assert again.headers["Idempotent-Replay"] == "true"
    told = api.get("/definitions/supervision").get_json()
    assert (told["version"], told["kind"], told["deployed_by"]) == (2, "bpmn", "she.ji")
    assert told["deployed_at"] == "2026-11-02T09:00:00+08:00"
    for version in (1, 2):
        xml = api.get(f"/definitions/supervision/{version}/xml")
        assert xml.mimetype == "application/xml"
        assert (xml.data == changed["process.bpmn"]) == (version == 2)


def test_every_fault_is_told_as_lint_prints_it(api: Api, files: Files) -> None:
    broken = files("appeal")
    broken["process.bpmn"] = broken["process.bpmn"].replace(b'value="screener"', b'value="wizard"')
    broken["forms/screen.json"] = b"{"
    told = refused(api.deploy("appeal", broken), 422)
    assert told["code"] == "invalid-diagram"
    folder = deployments.Files(
        "appeal",
        broken["process.bpmn"],
        {n.removesuffix(".dmn"): c for n, c in broken.items() if n.endswith(".dmn")},
        {n[6:].removesuffix(".json"): c for n, c in broken.items() if n.endswith(".json")},
    )
    expected = [fault.as_dict() for fault in deployments.check(folder)]
    assert {fault["rule"] for fault in expected} >= {"form"}

    def told_by(faults: list[dict[str, object]]) -> list[str]:
        return sorted(map(repr, faults))

    assert told_by(told["faults"]) == told_by(expected)
    assert set(told["faults"][0]) == {
        "file", "element", "name", "line", "rule", "severity", "message"
    }  # fmt: skip


def test_files_are_known_by_their_names(api: Api, files: Files) -> None:
    """As curl sends them: every file under one field, without folders."""
    parts = [
        ("file", (io.BytesIO(content), name.rpartition("/")[2]))
        for name, content in files("extension").items()
    ]
    data: dict[str, object] = {"key": "extension", "file": [part for _, part in parts]}
    answer = api.post("/deployments", by="she.ji", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("process", "change", "field"),
    [
        ("", {}, "key"),
        ("Appeal!", {}, "key"),
        ("appeal", {"process.bpmn": None}, "process.bpmn"),
        ("appeal", {"run.sh": b"x"}, "run.sh"),
        ("appeal", {"../../etc/passwd": b"x"}, "../../etc/passwd"),
        ("appeal", {"forms/../x.json": b"{}"}, "forms/../x.json"),
        ("appeal", {"reply.json": b"{}", "forms/reply.json": b"{}"}, "forms/reply.json"),
        ("appeal", {f"{'x' * 60}.dmn": b"x"}, f"{'x' * 60}.dmn"),
        ("appeal", {"odd.json": b'{"title": "\\u0000"}'}, "odd.json"),
    ],
)
def test_other_files_are_refused_by_name(
    api: Api, process: str, change: dict[str, bytes | None], field: str
) -> None:
    diagram = (WORKFLOWS / "appeal" / "process.bpmn").read_bytes()
    sent = {"process.bpmn": diagram, **change}
    answer = api.deploy(process, {name: c for name, c in sent.items() if c is not None})
    assert field in refused(answer, 422)["fields"]


def test_a_drawing_is_kept_as_a_drawing_and_said_to_be_one(api: Api) -> None:
    drawn = (FOREIGN / "signavio.bpmn").read_bytes()
    answer = api.deploy("letters", {"process.bpmn": drawn})
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["definitions"] == [{"kind": "drawing", "key": "letters", "version": 1}]
    (warning,) = told["warnings"]
    assert (warning["rule"], warning["severity"]) == ("drawing", "warning")
    assert "a drawing, not a process: kept as a drawing; to run it, " in warning["message"]
    kept = api.get("/definitions/letters").get_json()
    assert (kept["kind"], kept["name"]["zh"]) == ("drawing", "街道办")
    assert api.get("/definitions/letters/1/xml").data == drawn
    assert api.deploy("letters", {"process.bpmn": drawn}).status_code == 200


def test_a_drawing_takes_no_place_of_a_process(api: Api) -> None:
    drawn = (FOREIGN / "collaboration_only.bpmn").read_bytes()
    assert api.deploy("extension", {"process.bpmn": drawn}).status_code == 201
    kept = api.get("/definitions/extension").get_json()
    assert (kept["kind"], kept["version"]) == ("bpmn", 1)
    assert api.get("/definitions/extension/1/xml").data != drawn


@pytest.mark.parametrize("tool", ["camunda_7", "camunda_8", "flowable", "activiti", "trisotech"])
def test_a_diagram_of_another_tool_is_answered_with_what_to_do(api: Api, tool: str) -> None:
    told = refused(
        api.deploy("letters", {"process.bpmn": (FOREIGN / f"{tool}.bpmn").read_bytes()}), 422
    )
    rules = {fault["rule"] for fault in told["faults"]}
    assert tool.replace("_", "-") in rules


@pytest.mark.parametrize(
    "diagram",
    [b"", b"<", b"\xff\xfe\x00", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', b"<x/>" * 1000],
)
def test_what_is_no_diagram_is_a_fault(api: Api, diagram: bytes) -> None:
    told = refused(api.deploy("appeal", {"process.bpmn": diagram}), 422)
    assert told["faults"]


def test_a_deployment_has_five_megabytes_at_most(api: Api) -> None:
    refused(api.deploy("appeal", {"process.bpmn": b"x" * 5_300_000}), 413)
    refused(api.deploy("appeal", {"process.bpmn": b"x" * 2_100_000}), 413)
    refused(api.deploy("appeal", {f"a{n}.dmn": b"x" for n in range(201)}), 413)


def test_a_deployment_is_a_form(api: Api) -> None:
    refused(api.post("/deployments", {"key": "appeal"}, by="she.ji"), 415)
    broken = api.post("/deployments", by="she.ji", data=b"--x", content_type="multipart/form-data")
    refused(broken, 422)


def test_what_is_deployed(api: Api) -> None:
    items = api.get("/definitions").get_json()["items"]
    keys = {(item["kind"], item["key"]) for item in items}
    assert {("bpmn", "appeal"), ("bpmn", "supervision"), ("form", "appeal.screen")} <= keys
    assert len(keys) == len(items)
    decisions = [item["key"] for item in items if item["kind"] == "dmn"]
    assert api.get(f"/definitions/{decisions[0]}/1/xml").data.startswith(b"<?xml")
    for path in (
        "nothing",
        "appeal/9/xml",
        "appeal/99999999999999999999/xml",
        "appeal.screen/1/xml",
    ):
        refused(api.get(f"/definitions/{path}"), 404)
