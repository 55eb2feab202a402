"""What /readyz and the page for operators say when a worker is gone or nothing can be written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.db import Sessions
from engine.errors import Unavailable
from engine.worker import Worker
from tests.fakes import Gateway
from tests.story import Story
from tests.web.site import application, csrf, sign_in


@pytest.fixture
def administrator(sessions: Sessions, story: Story, tmp_path: Path) -> FlaskClient:
    client = application(sessions, tmp_path).test_client()
    sign_in(client, "guan.li")
    return client


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_worker_that_is_gone_is_named(administrator: FlaskClient, story: Story) -> None:
    for name in ("steady", "lost"):
        Worker(story.sessions, Gateway(), name).beat()
    story.clock.advance(seconds=31)
    assert administrator.get("/readyz").json == {
        "ready": False,
        "missing": ["worker"],
        "gone": ["lost", "steady"],
    }
    Worker(story.sessions, Gateway(), "steady").beat()
    answer = administrator.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "gone": ["lost"]})
    page = administrator.get("/operations").text
    assert "1 个在跑，1 个没有心跳" in page
    assert "lost" in page


def test_a_worker_that_beat_before_the_clock_went_back_is_not_taken_for_alive(
    administrator: FlaskClient, story: Story
) -> None:
    Worker(story.sessions, Gateway(), "lost").beat()
    story.clock.advance(hours=-1)
    assert administrator.get("/readyz").json["missing"] == ["worker"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_full_disk_is_said_wherever_one_looks_until_there_is_room(
    administrator: FlaskClient, story: Story
) -> None:
    story.worker.beat()
    story.clock.advance(seconds=5)
    with no_room():
        with pytest.raises(Unavailable, match="disk is full"):
            story.worker.beat()
        answer = administrator.get("/readyz")
        page = administrator.get("/operations")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["space"]})
    assert "磁盘满了，存不进去" in page.text
    assert administrator.get("/readyz").status_code == 200
    assert "磁盘满了，存不进去" not in administrator.get("/operations").text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_posted_to_a_full_disk_is_refused_in_words_and_not_half_written(
    administrator: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record")
    task = story.task("screen")
    client = administrator.application.test_client()
    sign_in(client, story.someone_for(task).login)
    page = f"/tasks/{task.id}"
    form = {"csrf_token": csrf(client, page), "request_token": "once", "answer.opinion": "accept"}
    with no_room():
        refused = client.post(page, data=form)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "系统暂时存不上" in refused.text
    assert '<a class="btn btn--primary"' in refused.text, "a page with a way on"
    assert story.waiting_for == {"screen"}
    assert story.chain_is_whole()
    assert client.post(page, data=form).status_code == 303, "the same form, sent again"
    assert story.waiting_for == {"dispatch"}
