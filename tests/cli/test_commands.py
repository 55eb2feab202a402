"""What the commands say and how they end."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from engine.bench import engine as bench
from engine.bench.engine import Size
from engine.commands import anchors, people
from engine.db import reading, transaction
from engine.models import (
    Case,
    Deadline,
    Definition,
    HistoryEvent,
    Identity,
    Instance,
    Pack,
    Person,
    UserTask,
)
from engine.queries import people as actors
from tests.databases import PACKS, PROCESSES, WORKFLOWS

APPEAL = WORKFLOWS / "appeal"


def count(sessions, model) -> int:
    with reading(sessions) as session:
        return session.scalar(select(func.count()).select_from(model))


def test_help_lists_the_commands_in_the_order_of_a_working_life(empty):
    told = empty.well("--help")
    names = ["run", "serve", "worker", "migrate", "deploy", "lint", "import", "demo", "due"]
    places = [told.index(f"  {name} ") for name in names]
    assert places == sorted(places)
    assert empty("frobnicate").exit_code == 2
    assert empty("due").exit_code == 2


def test_a_setting_that_is_wrong_is_told_in_words(empty):
    result = empty("migrate", HUIYIN_PORT="many")
    assert result.exit_code == 1
    assert "HUIYIN_PORT" in result.stderr
    result = empty("migrate", HUIYIN_TIMEZONE="Asia/Nowhere")
    assert (result.exit_code, "Asia/Shanghai" in result.stderr) == (1, True)


def test_before_migrating_a_command_says_what_to_do(empty):
    result = empty("user", "list")
    assert result.exit_code == 1
    assert "huiyin migrate" in result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_cannot_be_reached_is_told_in_words(empty, tmp_path):
    result = empty("migrate", HUIYIN_DATABASE_URL=f"sqlite:///{tmp_path}")
    assert result.exit_code == 1
    assert "database" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["nonsense", "mystery://host/name"])
def test_an_address_that_is_none_is_told_in_words(empty, url):
    result = empty("migrate", HUIYIN_DATABASE_URL=url)
    assert result.exit_code == 1
    assert "HUIYIN_DATABASE_URL" in result.stderr


def test_a_fault_of_the_program_shows_its_trace_only_when_asked(empty, monkeypatch):
    monkeypatch.setattr("web.cli.deploying.prepare", lambda _installation: 1 // 0)
    result = empty("migrate")
    assert result.exit_code == 1
    assert "--trace" in result.stderr
    assert "Traceback" not in result.output
    with pytest.raises(ZeroDivisionError):
        empty("--trace", "migrate")


def test_migrate_deploys_what_ships_and_the_second_time_nothing(empty):
    first = empty.well("migrate").splitlines()
    assert {f"deployed {key}" for key in (*PROCESSES, *PACKS)} <= set(first)
    second = empty.well("migrate").splitlines()
    assert second == [first[-1]]
    assert second[0].startswith("revision ")


def test_migrate_leaves_a_citys_own_version_alone(cli, sessions):
    with transaction(sessions) as session:
        session.execute(update(Definition).values(sha256="0" * 64))
        session.execute(update(Pack).values(sha256="0" * 64))
    before = count(sessions, Definition), count(sessions, Pack)
    cli.well("migrate")
    assert (count(sessions, Definition), count(sessions, Pack)) == before


# Diagrams ---------------------------------------------------------------------------------------


def test_deploy_makes_the_next_version_of_what_changed_only(cli, tmp_path):
    assert cli.well("deploy", str(APPEAL)) == "appeal unchanged\n"
    folder = tmp_path / "appeal"
    shutil.copytree(APPEAL, folder)
    form = folder / "forms" / "sign.json"
    form.write_text(
        form.read_text("utf-8").replace('"maxLength": 200', '"maxLength": 190', 1), "utf-8"
    )
    told = cli.well("deploy", str(folder), "--note", "shorter").splitlines()
    assert sorted(told) == ["bpmn appeal version 2", "form appeal.sign version 2"]
    assert (
        cli.well("deploy", str(WORKFLOWS / "packs" / "gl-jindianzi")) == "gl-jindianzi unchanged\n"
    )


def test_deploy_refuses_a_faulty_diagram_with_every_fault(cli, tmp_path, sessions):
    folder = _faulty(tmp_path)
    before = count(sessions, Definition)
    result = cli("deploy", str(folder))
    assert result.exit_code == 1
    assert "no_such_form" in result.stderr
    assert "nobody_role" in result.stderr
    assert count(sessions, Definition) == before
    result = cli("deploy", str(tmp_path))
    assert (result.exit_code, "process.bpmn" in result.stderr) == (1, True)


def test_lint_gives_an_empty_list_for_what_ships(empty):
    for key in PROCESSES:
        assert json.loads(empty.well("lint", str(WORKFLOWS / key), "--format", "json")) == []
    packs = [str(WORKFLOWS / "packs" / key) for key in PACKS]
    assert json.loads(empty.well("lint", *packs, "--format", "json")) == []
    assert empty.well("lint", str(APPEAL / "process.bpmn")) == ""
    assert empty.well("lint", str(APPEAL / "classify.dmn")) == ""


def test_lint_lists_every_fault_of_every_file(empty, tmp_path):
    folder = _faulty(tmp_path)
    result = empty("lint", str(folder), "--format", "json")
    assert result.exit_code == 1
    faults = json.loads(result.stdout)
    keys = {"file", "element", "name", "line", "rule", "severity", "message"}
    assert all(set(fault) == keys for fault in faults)
    assert {fault["file"] for fault in faults} == {str(folder / "process.bpmn")}
    assert {"sign", "handle"} <= {fault["element"] for fault in faults}
    text = empty("lint", str(folder))
    assert text.exit_code == 1
    assert len(text.stdout.splitlines()) == len(faults)


def test_lint_takes_a_lone_diagram_under_any_name(empty, tmp_path):
    lone = tmp_path / "draft.bpmn"
    lone.write_bytes((APPEAL / "process.bpmn").read_bytes())
    result = empty("lint", str(lone), "--format", "json")
    faults = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {fault["file"] for fault in faults} == {str(lone)}
    assert all("decision" in fault["rule"] + fault["message"] for fault in faults), (
        "they are missing"
    )
    for dmn in APPEAL.glob("*.dmn"):
        shutil.copy(dmn, tmp_path)
    assert json.loads(empty.well("lint", str(lone), "--format", "json")) == []
    shutil.copytree(APPEAL / "forms", tmp_path / "forms")
    assert json.loads(empty.well("lint", str(lone), "--format", "json")) == []
    (tmp_path / "forms" / "sign.json").unlink()
    assert empty("lint", str(lone)).exit_code == 1


def test_lint_tells_what_it_cannot_read(empty, tmp_path):
    (tmp_path / "broken.bpmn").write_bytes(b"<not xml")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.json").write_text('{"key": "x"}')
    broken = empty("lint", str(tmp_path / "broken.bpmn"), "--format", "json")
    assert (broken.exit_code, len(json.loads(broken.stdout))) == (1, 1)
    assert empty("lint", str(tmp_path / "notes.txt")).exit_code == 1
    assert "There is no" in empty("lint", str(tmp_path / "none.bpmn")).stderr
    assert "pack.json" in empty("lint", str(tmp_path / "pack")).stdout
    assert empty("lint").exit_code == 2


def _faulty(tmp_path: Path) -> Path:
    folder = tmp_path / "appeal"
    shutil.copytree(APPEAL, folder)
    path = folder / "process.bpmn"
    text = path.read_text("utf-8")
    head, task, tail = text.partition('<bpmn:userTask id="sign"')
    tail = tail.replace('name="form" value="sign"', 'name="form" value="no_such_form"', 1)
    text = head + task + tail
    head, task, tail = text.partition('<bpmn:userTask id="handle"')
    tail = tail.replace('name="roles" value="handler"', 'name="roles" value="nobody_role"', 1)
    path.write_text(head + task + tail, "utf-8")
    return folder


# People -----------------------------------------------------------------------------------------


def test_a_user_is_added_given_a_password_and_a_token(cli, sessions):
    role = ("--role", "jdz_office:screener", "--role", "jdz_office:caller")
    told = cli.well("user", "add", "new.one", "--name", "新人", *role, given="a good password\n")
    assert told == "new.one\n"
    assert "new.one\t新人\tjdz_office:screener jdz_office:caller" in cli.well("user", "list")
    everyone = {one["login"]: one for one in json.loads(cli.well("user", "list", "--json"))}
    assert everyone["new.one"]["memberships"][0] == {"unit": "jdz_office", "role": "screener"}
    cli.well("user", "password", "new.one", given="another password\n")
    with transaction(sessions) as session:
        assert people.matches(session, "new.one", "another password")
        assert not people.matches(session, "new.one", "a good password")
    token = cli.well("user", "token", "new.one", "--name", "gateway").strip()
    with reading(sessions) as session:
        assert actors.by_token(session, people.token_hash(token)).login == "new.one"


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        (("add", "chu.mi", "--name", "再来"), "a good password\n", "already"),
        (("add", "x.y", "--name", "某"), "short\n", "password"),
        (("add", "x.y", "--name", "某", "--role", "nowhere:screener"), "a good password\n", "unit"),
        (("add", "x.y", "--name", "某", "--role", "jdz_office:king"), "a good password\n", "role"),
        (("add", "x.y", "--name", "某", "--role", "screener"), "a good password\n", "UNIT:ROLE"),
        (("password", "nobody"), "a good password\n", "nobody"),
        (("token", "nobody"), "", "nobody"),
    ],
)
def test_a_user_that_cannot_be_is_refused_in_words(cli, sessions, words, given, told):
    before = count(sessions, Person)
    result = cli("user", *words, given=given)
    assert result.exit_code == 1
    assert told in result.stderr
    assert count(sessions, Person) == before


# Verifying --------------------------------------------------------------------------------------


@pytest.fixture
def busy(story, vault, tmp_path, cli):
    """A case in feedback, a refused one, an overdue one; the vault's key in the home."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "identity.key").write_text(bytes(range(32)).hex())
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.goes_through("sign", "contact_citizen", "handle", "write_answer")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.passes(days=9)
    anchors.make(story.sessions)
    return story


def test_verify_finds_nothing_in_an_office_at_work(busy, cli):
    told = cli.well("verify")
    assert "BROKEN" not in told
    checks = json.loads(cli.well("verify", "--json"))
    assert all(check["broken"] == 0 for check in checks)
    idle = [check["check"] for check in checks if not check["looked_at"]]
    assert idle == ["frozen figures", "draws", "parts of contacts"], "none of these was made here"
    names = [check["check"] for check in checks]
    assert names[4] == "balance: received 2 = open 2 + refused 0 + merged 0 + closed 0"


@pytest.mark.parametrize(
    ("model", "values", "name"),
    [
        (HistoryEvent, {"kind": "nothing.happened"}, "chains"),
        (Case, {"chain_seq": 1}, "heads"),
        (Case, {"status": "lost"}, "balance"),
        (Case, {"status": "closed"}, "instances"),
        (UserTask, {"status": "cancelled"}, "tasks"),
        (Instance, {"state": b"junk"}, "tasks"),
        (Instance, {"state": None}, "instances"),
        (Instance, {"status": "completed"}, "supervisions"),
        (Instance, {"status": "completed"}, "deadlines"),
        (Identity, {"sealed": b"x" * 40}, "identities"),
    ],
)
def test_verify_finds_what_was_tampered_with(busy, cli, sessions, model, values, name):
    with transaction(sessions) as session:
        session.execute(update(model).values(values))
    result = cli("verify", "--json")
    assert result.exit_code == 1
    broken = [check for check in json.loads(result.stdout) if check["broken"]]
    assert name in {check["check"].split(":")[0] for check in broken}
    assert all(check["found"] for check in broken)
    assert "BROKEN" in cli("verify").stdout


def test_verify_finds_a_deadline_that_was_lost(busy, cli, sessions):
    with transaction(sessions) as session:
        session.execute(update(Deadline).where(Deadline.settled_at.is_(None)).values(token=None))
    broken = {one["check"] for one in json.loads(cli("verify", "--json").stdout) if one["broken"]}
    assert "deadlines" in broken


def test_verify_finds_what_a_client_was_promised_or_names_it(busy, cli, tmp_path):
    with reading(busy.sessions) as session:
        task = session.scalars(select(UserTask).where(UserTask.element == "sign")).first()
        login = session.get_one(Person, task.closed_by).login
        number = session.get_one(Case, task.case_id).number
    promise = {"kind": "task", "task": str(task.id), "case": number, "by": login}
    book = tmp_path / "promised.jsonl"
    book.write_text(json.dumps(promise) + "\n")
    told = cli.well("verify", "--expect", str(book))
    assert "ok      acknowledged: task  (1)" in told
    book.write_text(json.dumps({**promise, "by": "li.zhi"}) + "\n")
    missing = cli("verify", "--expect", str(book))
    assert missing.exit_code == 1
    assert f"line 1: task {number}: task {task.id} is completed, by {login}" in missing.stdout
    for content, words in ((b"{", "ok"), (b"{\n", "line 1: expected"), (b"\xff\n", "UTF-8")):
        book.write_bytes(content)
        refused = cli("verify", "--expect", str(book))
        assert words in refused.output
        assert refused.exit_code == (0 if words == "ok" else 1)
    assert cli("verify", "--expect", str(tmp_path / "nothing")).exit_code == 2


# Measuring --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_bench_tells_its_figures_for_people_and_machines(empty, tmp_path, monkeypatch):
    small = Size(five_tasks=1, long_case=1, rehandling=2, warm_up=1)
    monkeypatch.setattr(bench.run, "__kwdefaults__", bench.run.__kwdefaults__ | {"size": small})
    words = ("bench", "engine", "--rounds", "1", "--folder", str(tmp_path / "bench"))
    told = json.loads(empty.well(*words, "--json"))
    assert told["five_tasks"]["ratio"] > 0
    shown = empty(*words)
    assert shown.exit_code == 0
    assert "  ratio " in shown.stdout
    assert "five" in shown.stderr or "ours" in shown.stderr
    assert empty("bench", "nothing").exit_code == 2
