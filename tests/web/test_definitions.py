"""What is deployed can be looked at: versions, who and when, and what a diagram says."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.commands import deployments
from engine.db import Sessions, reading, transaction
from engine.queries import definitions
from tests.counting import statements
from tests.databases import PROCESSES, WORKFLOWS
from tests.story import Story
from tests.web.site import application, sign_in


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def designer(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "she.ji")
    return client


def second_version(story: Story) -> None:
    """Deploy the same diagram with another name of a task."""
    files = deployments.read_folder(WORKFLOWS / "appeal")
    process = files.process.replace('name="初审"'.encode(), 'name="初步审查"'.encode())
    assert process != files.process
    changed = deployments.Files(files.key, process, files.decisions, files.forms)
    with transaction(story.sessions) as session:
        deployments.deploy(session, changed, by="she.ji", note="改了一个名字")


@pytest.mark.both
def test_every_process_is_listed_with_its_versions_and_instances(
    designer: FlaskClient, story: Story
) -> None:
    story.receives().receives()
    second_version(story)
    story.receives()
    with reading(story.sessions) as session:
        found = {
            process.key: process
            for process in definitions.processes(session, story.actor("she.ji"))
        }
    assert set(found) == set(PROCESSES)
    versions = [(v.version, v.running, v.ended) for v in found["appeal"].versions]
    assert versions == [(2, 1, 0), (1, 2, 0)], "running ones end on their own version"
    page = designer.get("/definitions").text
    assert "诉求办理" in page
    assert "改了一个名字" in page
    assert "佘绘图（演示）" in page, "who deployed it, by name"
    for href in re.findall(r'href="(/definitions/[^"]+)"', page):
        assert designer.get(href).status_code == 200


def test_one_statement_lists_them(story: Story) -> None:
    second_version(story)
    actor = story.actor("she.ji")
    with statements(story.sessions) as sent, reading(story.sessions) as session:
        definitions.processes(session, actor)
    assert len(sent) == 1, sent


def test_an_ended_instance_is_counted_apart(story: Story) -> None:
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="not_our_duty").does("tell_refusal")
    with reading(story.sessions) as session:
        appeal = next(
            p for p in definitions.processes(session, story.actor("she.ji")) if p.key == "appeal"
        )
    assert (appeal.versions[0].running, appeal.versions[0].ended) == (0, 1)


def test_a_version_shows_stages_forms_limits_and_timers(
    designer: FlaskClient, story: Story
) -> None:
    story.receives()
    page = designer.get("/definitions/appeal/1").text
    for words in ("阶段：初筛", "阶段：监督", "补全登记", "受理员", "联系建议人", "5 个工作日"):
        assert words in page
    assert page.count("阶段：") == 5
    assert "classify" in page
    assert 'data-diagram="/definitions/appeal/1/process.bpmn"' in page
    row = re.search(r"<code[^>]*>complete_record</code>.*?</tr>", page, re.S)
    assert row
    assert row[0].rstrip().endswith("1</td></tr>"), "one waits there"


@pytest.mark.both
def test_the_drawing_is_the_deployed_file_and_knows_where_cases_wait(
    designer: FlaskClient, story: Story
) -> None:
    story.receives()
    answer = designer.get("/definitions/appeal/1/process.bpmn")
    assert answer.content_type.startswith("application/xml")
    assert answer.data == (WORKFLOWS / "appeal" / "process.bpmn").read_bytes()
    assert "Content-Disposition" not in answer.headers
    download = designer.get("/definitions/appeal/1/process.bpmn?download=1")
    assert download.headers["Content-Disposition"] == 'attachment; filename="appeal-1.bpmn"'
    heat = designer.get("/definitions/appeal/1/state.json").json["heat"]
    assert heat == {
        "complete_record": {"level": 1, "text": "1 件"},
        "screening": {"level": 1, "text": "1 件"},
    }


def test_what_is_not_deployed_is_not_found(designer: FlaskClient) -> None:
    for key in ("appeal/9", "nothing/1"):
        for part in ("", "/process.bpmn", "/state.json"):
            assert designer.get(f"/definitions/{key}{part}").status_code == 404


def test_nobody_reads_it_unasked(app: APIFlask) -> None:
    answer = app.test_client().get("/definitions/appeal/1/process.bpmn")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_the_pages_read_in_english(designer: FlaskClient) -> None:
    page = designer.get("/definitions/supervision/1?lang=en").text
    for words in ("Urge by phone", "Interview", "working day", "Timers", "Supervisor"):
        assert words in page
    text = re.sub(r"<[^>]+>", " ", re.sub(r'<a [^>]*lang="zh-CN".*?</a>', "", page))
    assert not re.findall("[\u4e00-\u9fff]+", text)
