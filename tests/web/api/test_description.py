"""The description is whole: every operation with its body, its answers and its refusals."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.web.api.conftest import Api

OPERATIONS = {
    "get /api/v1/cases/{number}",
    "get /api/v1/definitions",
    "get /api/v1/definitions/{key}",
    "get /api/v1/definitions/{key}/{version}/xml",
    "get /api/v1/tasks",
    "get /api/v1/tasks/{task_id}",
    "post /api/v1/cases/{number}/supervisions",
    "post /api/v1/contacts",
    "post /api/v1/deployments",
    "post /api/v1/tasks/{task_id}/claim",
    "post /api/v1/tasks/{task_id}/complete",
}


@pytest.fixture
def operations(api: Api) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, item in api.description["paths"].items()
        for method, operation in item.items()
    }


def test_every_operation_is_described(operations: dict[str, dict[str, Any]]) -> None:
    assert set(operations) >= OPERATIONS
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    for name, operation in operations.items():
        assert operation["summary"]
        assert operation["security"] == [{"token": []}], name
        assert {"400", "401", "403"} <= set(operation["responses"])
        for status, told in operation["responses"].items():
            expected = "application/problem+json" if status >= "4" else None
            assert expected is None or list(told["content"]) == [expected], name
        if name.startswith("post"):
            assert operation["requestBody"]["content"]
            assert any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
            assert {"409", "413", "415", "422"} <= set(operation["responses"])


def test_every_reference_leads_somewhere(api: Api) -> None:
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found.add(value["$ref"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(api.description)
    schemas = api.description["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in found} == set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_the_description_is_public_and_knows_no_host(api: Api) -> None:
    answer = api.client.get("/api/v1/openapi.json", headers={"Host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert answer.get_json()["openapi"].startswith("3.")
    assert answer.get_json()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_pages_are_no_part_of_it(api: Api) -> None:
    assert all(path.startswith("/api/v1/") for path in api.description["paths"])
