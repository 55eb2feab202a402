"""Whatever is sent, the API answers as it is described, and never with a 5xx.

Bodies are drawn from the description itself, then bent: fields replaced, added, left out.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import clock, permissions
from engine.db import connect
from engine.identity import Vault
from engine.settings import Settings
from tests import databases
from tests.conftest import START
from tests.story import Story, answers_for
from tests.web.api.conftest import Api
from web.app import create_app

QUIETLY = settings(
    max_examples=120,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**60, max_value=2**70)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "",
            "\0",
            "\ud800",
            "null",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:60Z",
            "2026-02-30",
            "2026-11-02",
            "2026-11-02T09:00:00+08:00",
            "9" * 400,
            "'; --",
            "<b>",
        ]
    ),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below),
    max_leaves=8,
)
BY = ("li.zhi", "chu.mi", "du.cheng", "she.ji", "zhu.jian", "guan.li")


@pytest.fixture(scope="module")
def office(
    templates: dict[str, databases.Template], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, Story]]:
    """One office for all examples, with a case in it."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with clock.held(START) as at, templates[databases.wanted()].copy(folder) as url:
        sessions = connect(url)
        vault = Vault(bytes(range(32)))
        app = create_app(sessions, Settings(home=folder, database_url=""), vault)
        story = Story(sessions, at, vault, folder).receives()
        yield Api(app.test_client(), sessions), story
        sessions.kw["bind"].dispose()


def bent(schema: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A body as the schema wants it, with some of its fields wrong, missing or unknown."""
    fields = {
        name: st.sampled_from(known[name]) if name in known else fitting(below, schemas)
        for name, below in schema["properties"].items()
        for known in ({"pack": ["gl-jindianzi"], "channel": ["web", "hotline"]},)
    }
    right = st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries(fields)
    wrong = st.dictionaries(st.sampled_from([*fields, "x"]) | st.text(max_size=5), ANYTHING,
                            max_size=2)  # fmt: skip
    return right | st.builds(lambda body, bad: {**body, **bad}, right, wrong) | ANYTHING


def fitting(schema: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A value that fits a schema of the description."""
    if "$ref" in schema:
        return bent(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "boolean":
        return st.booleans()
    if schema.get("type") == "object":
        return st.dictionaries(st.text(max_size=8), ANYTHING, max_size=3)
    return st.text(max_size=60)


@QUIETLY
@given(data=st.data())
def test_every_post_answers_as_described(office: tuple[Api, Story], data: st.DataObject) -> None:
    api, story = office
    path = data.draw(st.sampled_from(sorted(api.description["paths"])))
    operation = api.description["paths"][path].get("post")
    if operation is None or "application/json" not in operation["requestBody"]["content"]:
        path = "/api/v1/contacts"
        operation = api.description["paths"][path]["post"]
    schemas = api.description["components"]["schemas"]
    content = operation["requestBody"]["content"]["application/json"]["schema"]
    body = data.draw(bent(schemas[content["$ref"].rpartition("/")[2]], schemas))
    number = data.draw(st.sampled_from([story.number, "GL-1"]) | st.text(min_size=1, max_size=9))
    task = chosen(story, data.draw(st.integers(0, 5)))
    filled = path.replace("{number}", quote(number, safe="")).replace("{task_id}", task)
    api.post(
        filled.removeprefix("/api/v1"),
        by=data.draw(st.sampled_from(BY)),
        key=data.draw(st.sampled_from(["", "", "k1", "k2"])),
        data=json.dumps(body),
        content_type="application/json",
    )


@QUIETLY
@given(data=st.data())
def test_raw_bytes_are_answered(office: tuple[Api, Story], data: st.DataObject) -> None:
    api, _ = office
    path = data.draw(st.sampled_from(["/contacts", "/deployments", "/cases/GL-1/supervisions"]))
    kinds = ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", ""]
    api.post(
        path,
        by=data.draw(st.sampled_from(["li.zhi", "she.ji", "du.cheng"])),
        data=data.draw(st.binary(max_size=300)),
        headers={"Content-Type": data.draw(st.sampled_from(kinds))},
    )


@QUIETLY
@given(data=st.data())
def test_every_address_is_answered(office: tuple[Api, Story], data: st.DataObject) -> None:
    api, story = office
    path = data.draw(
        st.sampled_from([p for p, i in api.description["paths"].items() if "get" in i])
    )
    for name in ("number", "task_id", "key", "version"):
        real = {
            "number": story.number,
            "task_id": chosen(story, data.draw(st.integers(0, 5))),
            "key": "appeal",
            "version": "1",
        }[name]
        drawn = data.draw(st.none() | st.text(min_size=1, max_size=8)) or real
        path = path.replace(f"{{{name}}}", quote(drawn, safe=""))
    names = st.sampled_from(["view", "unit", "due_before", "page", "x"])
    query = data.draw(st.dictionaries(names, st.text(max_size=8) | st.sampled_from(
        ["mine", "overdue", "2026-11-02T09:00:00Z", "9999-12-31T23:59:59-14:00", "7"]),
        max_size=3))  # fmt: skip
    api.get(f"{path.removeprefix('/api/v1')}?{urlencode(query)}", by=data.draw(st.sampled_from(BY)))


BENDS = st.lists(st.tuples(st.integers(0, 99), ANYTHING), max_size=2)


@settings(QUIETLY, max_examples=25)
@given(plan=st.lists(st.tuples(st.integers(0, 99), BENDS), min_size=5, max_size=14))
def test_bent_answers_never_break_a_task(
    office: tuple[Api, Story], plan: list[tuple[int, list[tuple[int, Any]]]]
) -> None:
    """A case on its way, in which some answers are nonsense; sense follows, and it goes on."""
    api, story = office
    story.receives()
    for choice, bends in plan:
        waiting = sorted(story.open_tasks(), key=lambda one: one.id)
        if not waiting:
            break
        task = waiting[choice % len(waiting)]
        actor = story.someone_for(task)
        assert permissions.may_do(actor, task)
        form = api.get(f"/tasks/{task.id}", by=actor.login).get_json()["form"]
        fields = sorted(form["properties"])
        bad = {fields[n % len(fields)]: value for n, value in bends}
        usual = answers_for(task.element, clock.now())
        for answers in (usual | bad, usual):
            answer = api.post(
                f"/tasks/{task.id}/complete",
                by=actor.login,
                data=json.dumps({"answers": answers}),
                content_type="application/json",
            )
            if answer.status_code == 200:
                break
            assert answer.status_code in {400, 422}, answer.text
        assert answer.status_code == 200, answer.text
        story.worker.drain()


def chosen(story: Story, place: int) -> str:
    """The id of an open task, or of none."""
    known = sorted(task.id for task in story.open_tasks())
    return str(known[place]) if place < len(known) else str(UUID(int=place))
