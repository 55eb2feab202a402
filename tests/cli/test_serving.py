"""`run`, `serve` and `worker` as processes of their own, on a port of this machine."""

import http.client
import json
import re
import signal
import socket
import stat
import time
import urllib.parse

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.db import connect, reading
from engine.models import Case, Heartbeat, Person
from tests.databases import WORKFLOWS
from tests.processes import PATIENCE, ends_well, get, said, until


@pytest.mark.slow
def test_run_makes_a_demo_office_once_and_is_up_again_at_once(empty, started, port, tmp_path):
    home = tmp_path / "home"
    first = started("run", "--port", str(port), command=empty)
    lines = said(first, "地址")
    assert lines[-1].endswith(f"http://127.0.0.1:{port}/\n")
    assert any("chu.mi" in line and "screener" in line for line in lines)
    password = (home / "demo-password").read_text().strip()
    assert password in lines[-2]
    assert stat.S_IMODE((home / "demo-password").stat().st_mode) == 0o600
    assert get(port, "/healthz").status == 200
    until(lambda: get(port, "/readyz").status == 200)
    assert _signs_in(port, "chu.mi", password)
    ends_well(first)

    sessions = connect(f"sqlite:///{home / 'huiyin.db'}")
    before = _counts(sessions)
    assert before[0] >= 30
    began = time.monotonic()
    second = started("run", "--port", str(port), command=empty)
    lines = said(second, "地址")
    assert time.monotonic() - began < 10
    assert password in lines[-2]
    assert get(port, "/healthz").status == 200
    assert _counts(sessions) == before
    ends_well(second)
    sessions.kw["bind"].dispose()


def test_who_keeps_connections_open_locks_nobody_out(cli, started, port):
    process = started("serve", "--port", str(port))
    said(process, "http")
    kept = [http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(200)]
    for one in kept:
        one.request("GET", "/healthz")
        assert one.getresponse().read()
    assert get(port, "/healthz").status == 200
    for one in kept:
        one.close()
    ends_well(process)


@pytest.mark.slow
def test_run_adds_no_demo_to_an_office_with_people_of_its_own(cli, started, port, tmp_path):
    process = started("run", "--port", str(port))
    lines = said(process, "地址")
    assert len(lines) == 1
    assert not (tmp_path / "home" / "demo-password").exists()
    sessions = connect(cli.settings["HUIYIN_DATABASE_URL"])
    assert _counts(sessions)[0] == 0
    sessions.kw["bind"].dispose()
    ends_well(process)


@pytest.mark.slow
def test_serve_and_two_workers_share_a_database_and_rehearsal_time(cli, started, port, sessions):
    rehearsal = {"HUIYIN_REHEARSAL": "1"}
    serving = started("serve", "--port", str(port), **rehearsal)
    workers = [started("worker", **rehearsal) for _ in range(2)]
    said(serving, "http://127")
    names = {said(one, "worker ")[0].split()[-1] for one in workers}
    assert len(names) == 2
    with reading(sessions) as session:
        assert set(session.scalars(select(Heartbeat.name))) == names
    until(lambda: get(port, "/readyz").status == 200)
    try:
        cli.well("clock", "set", "2031-05-06T07:08", **rehearsal)
    finally:
        clock.use(clock.system)
    until(lambda: "5月6日（周二）07:" in get(port, "/sign-in").body.decode())
    until(lambda: _beats_in(sessions, 2031) == 2)
    for process in (serving, *workers):
        ends_well(process)
    with reading(sessions) as session:
        assert not session.scalars(select(Heartbeat.name)).all(), "who ends well is not missed"


def test_a_port_that_is_taken_is_told_in_words(cli, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        for words in ("run", "serve"):
            result = cli(words, "--port", str(port))
            assert result.exit_code == 1
            assert str(port) in result.stderr
    assert cli("serve", "--port", "0").exit_code == 2


def test_a_fault_that_is_none_is_told_in_words(cli):
    for words in ("serve", "worker"):
        result = cli(words, HUIYIN_FAULT="at-noon")
        assert result.exit_code == 1
        assert "before-commit" in result.stderr


def test_an_armed_fault_kills_the_worker(cli, started):
    process = started("worker", HUIYIN_FAULT="before-commit:1")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL


def test_serving_needs_a_database_that_is_up_to_date(empty):
    for words in ("serve", "worker"):
        result = empty(words)
        assert result.exit_code == 1
        assert "huiyin migrate" in result.stderr


def test_the_module_is_the_command(empty):
    process = empty.start("lint", str(WORKFLOWS / "extension"), "--format", "json")
    told, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(told)) == (0, [])


def _counts(sessions) -> tuple[int, int]:
    with reading(sessions) as session:
        return (
            session.scalar(select(func.count()).select_from(Case)),
            session.scalar(select(func.count()).select_from(Person)),
        )


def _beats_in(sessions, year: int) -> int:
    with reading(sessions) as session:
        return sum(beat.year == year for beat in session.scalars(select(Heartbeat.beat_at)))


def _signs_in(port: int, login: str, password: str) -> bool:
    page = get(port, "/sign-in")
    cookie = page.getheader("Set-Cookie").split(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.body.decode())[1]
    form = urllib.parse.urlencode({"username": login, "password": password, "csrf_token": token})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", form, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status == 303
