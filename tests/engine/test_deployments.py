"""Putting diagrams into use: versions, faults, and cases that are under way."""

import json
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from engine import deployed, history
from engine.commands import deployments
from engine.commands.deployments import BORROWS, LARGEST_FILE, MOST_FILES, Files, read_folder
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, InvalidDiagram, InvalidInput, TooLarge
from engine.models import Definition, Deployment, HistoryEvent, Instance, Pack
from tests.databases import PROCESSES, WORKFLOWS
from tests.racing import failures, together

APPEAL = WORKFLOWS / "appeal"


@pytest.fixture(scope="module")
def appeal():
    return read_folder(APPEAL)


@pytest.mark.both
@pytest.mark.story
def test_deploying_the_same_again_makes_nothing(sessions, appeal, held):
    before = _counts(sessions)
    assert _deploy(sessions, appeal) == deployments.Deployed(None, [])
    assert _counts(sessions) == before


@pytest.mark.both
@pytest.mark.story
def test_one_changed_form_makes_a_version_of_itself_and_of_its_process(sessions, appeal, held):
    done = _deploy(sessions, _with_field(appeal, "handle"))
    assert sorted(done.definitions) == [("bpmn", "appeal", 2), ("form", "appeal.handle", 2)]
    assert done.deployment_id is not None
    with reading(sessions) as session:
        newest = deployed.latest(session, "appeal")
        row = session.get_one(Deployment, done.deployment_id)
        event = session.scalars(
            select(HistoryEvent)
            .where(HistoryEvent.kind == "deployed")
            .order_by(HistoryEvent.seq.desc())
        ).first()
        assert history.broken(session, "system") is None
    assert newest.version == 2
    assert "cost" in newest.form("handle")["properties"]
    assert (row.deployed_by, row.note) == ("li", "费用")
    assert event.payload["by"] == "li"
    assert _deploy(sessions, _with_field(appeal, "handle")).definitions == []


def test_what_is_only_written_otherwise_makes_no_version(sessions, appeal, held):
    written = replace(
        appeal,
        process=appeal.process + b"<!-- looked through -->",
        decisions={key: table + b"\n" for key, table in appeal.decisions.items()},
        forms={key: json.dumps(json.loads(form)).encode() for key, form in appeal.forms.items()},
    )
    before = _counts(sessions)
    assert _deploy(sessions, written) == deployments.Deployed(None, [])
    assert _counts(sessions) == before
    done = _deploy(sessions, _with_field(written, "handle"))
    assert sorted(done.definitions) == [("bpmn", "appeal", 2), ("form", "appeal.handle", 2)]
    with reading(sessions) as session:
        kept = session.scalars(
            select(Definition.content).where(Definition.key == "appeal", Definition.version == 2)
        ).one()
    assert kept == appeal.process, "as it was written"


def test_one_changed_decision_makes_a_version_of_itself_and_of_its_process(sessions, appeal, held):
    table = appeal.decisions["assign_unit"].replace(b'"backstop"', b'"last_resort"')
    changed = replace(appeal, decisions={**appeal.decisions, "assign_unit": table})
    assert sorted(_deploy(sessions, changed).definitions) == [
        ("bpmn", "appeal", 2),
        ("dmn", "appeal.assign_unit", 2),
    ]


def test_going_back_to_an_old_form_is_a_new_version(sessions, appeal, held):
    _deploy(sessions, _with_field(appeal, "handle"))
    done = _deploy(sessions, appeal)
    assert sorted(done.definitions) == [("bpmn", "appeal", 3), ("form", "appeal.handle", 3)]
    with reading(sessions) as session:
        assert "cost" not in deployed.latest(session, "appeal").form("handle")["properties"]


@pytest.mark.both
@pytest.mark.story
def test_a_case_under_way_keeps_its_form_and_a_new_one_has_the_new(story, appeal):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.does("contact_citizen")
    old = story.received
    _deploy(story.sessions, _with_field(appeal, "handle", required=True))
    story.receives(name="李先生", phone="13900005678")
    story.goes_through("complete_record", "screen", "dispatch", "sign", "contact_citizen")
    with pytest.raises(InvalidAnswers) as caught:
        story.does("handle")
    assert set(caught.value.fields) == {"cost"}
    story.does("handle", cost="三百元")
    assert story.waiting_for == {"write_answer"}
    story.received = old
    with pytest.raises(InvalidAnswers):
        story.does("handle", cost="三百元")
    story.does("handle")
    assert story.waiting_for == {"write_answer"}
    with reading(story.sessions) as session:
        versions = session.execute(
            select(Instance.case_id, Definition.version).join(
                Definition, Definition.id == Instance.definition_id
            )
        ).all()
    assert len({version for _, version in versions}) == 2


@pytest.mark.both
@pytest.mark.story
def test_a_faulty_diagram_is_refused_with_every_fault_and_nothing_is_written(
    sessions, appeal, held
):
    before = _counts(sessions)
    process = (
        appeal.process.replace(b'opinion == "duplicate"', b"case.colour == 1")
        .replace(b'mode == "pull"', b"__import__('os')")
        .replace(b'name="roles" value="dispatcher"', b'name="roles" value="wizard"')
    )
    forms = {**appeal.forms, "sign": b"{", "handle": b'{"type": "array"}'}
    with pytest.raises(InvalidDiagram) as caught:
        _deploy(sessions, Files("appeal", process, appeal.decisions, forms))
    faults = caught.value.faults
    told = " ".join(fault.message for fault in faults)
    for word in ("colour", "__import__", "wizard"):
        assert word in told
    assert {"forms/sign.json", "forms/handle.json"} <= {fault.file for fault in faults}
    assert {fault.severity for fault in faults} == {"error"}
    assert [fault.as_dict() for fault in faults] == caught.value.details["faults"]
    assert _counts(sessions) == before


@pytest.mark.parametrize(
    "process",
    [b"", b"<", b"\x00", b"not xml", b"<a/>", "诉求".encode("utf-16"), b"<?xml version='1.0'?>"],
)
def test_what_is_no_diagram_is_a_fault_and_no_crash(sessions, appeal, held, process):
    with pytest.raises(InvalidDiagram) as caught:
        _deploy(sessions, replace(appeal, process=process))
    assert caught.value.faults


@pytest.mark.parametrize(
    "form",
    [b"", b"[]", b"null", b"7", b"\xff\xfe", b'{"properties": []}', b'{"properties": {"a": 1}}'],
)
def test_what_is_no_form_is_a_fault_and_no_crash(sessions, appeal, held, form):
    with pytest.raises(InvalidDiagram) as caught:
        _deploy(sessions, replace(appeal, forms={**appeal.forms, "sign": form}))
    assert "forms/sign.json" in {fault.file for fault in caught.value.faults}


@pytest.mark.parametrize("table", [b"", b"<", b"<definitions/>", b"\x00"])
def test_what_is_no_decision_is_a_fault_and_no_crash(sessions, appeal, held, table):
    with pytest.raises(InvalidDiagram):
        _deploy(sessions, replace(appeal, decisions={**appeal.decisions, "classify": table}))


def test_a_missing_form_or_decision_is_named(sessions, appeal, held):
    forms = {key: form for key, form in appeal.forms.items() if key != "sign"}
    decisions = {key: one for key, one in appeal.decisions.items() if key != "classify"}
    with pytest.raises(InvalidDiagram) as caught:
        _deploy(sessions, replace(appeal, forms=forms, decisions=decisions))
    told = " ".join(fault.message for fault in caught.value.faults)
    assert "sign" in told
    assert "classify" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"handle"', b'"%s"' % (b"h" * 65)),
        ('name="办理"'.encode(), 'name="{}"'.format("办" * 201).encode()),
    ],
)
def test_an_id_or_a_name_too_long_for_its_column_is_refused(appeal, old, new):
    assert old in appeal.process
    faults = deployments.check(replace(appeal, process=appeal.process.replace(old, new)))
    assert {"bad-id", "name-long"} & {one.rule for one in faults if one.severity == "error"}


def test_a_file_s_name_too_long_for_its_column_is_refused(appeal):
    forms = {**appeal.forms, "f" * 58: appeal.forms["sign"]}
    [fault] = deployments.check(replace(appeal, forms=forms))
    assert (fault.rule, fault.file) == ("name-long", f"forms/{'f' * 58}.json")
    forms = {**appeal.forms, "f" * 57: appeal.forms["sign"]}
    assert deployments.check(replace(appeal, forms=forms)) == []


@pytest.mark.both
@pytest.mark.story
def test_two_who_deploy_at_once_make_one_version_each_or_a_conflict(sessions, appeal, held):
    results = together(
        [lambda f=field: _deploy(sessions, _with_field(appeal, f)) for field in ("handle", "sign")]
    )
    assert {type(error) for error in failures(results)} <= {Conflict}
    assert _versions(sessions) == list(range(1, 4 - len(failures(results))))
    with reading(sessions) as session:
        assert history.broken(session, "system") is None


def test_a_folder_without_a_diagram_is_none(tmp_path):
    (tmp_path / "process").mkdir()
    for folder in (tmp_path / "process", tmp_path / "nowhere"):
        with pytest.raises(InvalidInput) as caught:
            read_folder(folder)
        assert "process.bpmn" in caught.value.expected


@pytest.mark.parametrize("name", ["process.bpmn", "classify.dmn", "forms/sign.json"])
def test_a_file_too_large_is_refused_by_its_name(tmp_path, name):
    _folder(tmp_path)
    (tmp_path / name).write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(TooLarge, match=name.rpartition("/")[2]):
        read_folder(tmp_path)
    (tmp_path / name).write_bytes(b" " * LARGEST_FILE)
    read_folder(tmp_path)


def test_too_many_files_are_refused(tmp_path):
    _folder(tmp_path)
    for number in range(MOST_FILES - 3):
        (tmp_path / "forms" / f"form{number}.json").write_bytes(b"{}")
    assert len(read_folder(tmp_path).forms) == MOST_FILES - 2
    (tmp_path / "one_more.dmn").write_bytes(b"<a/>")
    with pytest.raises(TooLarge):
        read_folder(tmp_path)


def test_a_folder_is_named_by_its_place_however_it_is_written(monkeypatch):
    monkeypatch.chdir(APPEAL)
    assert read_folder(APPEAL.__class__()).key == "appeal"


@pytest.mark.both
@pytest.mark.story
def test_a_pack_has_a_new_version_only_when_it_changed(story, tmp_path):
    folder = tmp_path / "packs"
    for key in ("base-12345", "gl-jindianzi"):
        shutil.copytree(WORKFLOWS / "packs" / key, folder / key)
    story.receives()
    with transaction(story.sessions) as session:
        assert deployments.deploy_pack(session, folder / "gl-jindianzi") is None
    path = folder / "gl-jindianzi" / "pack.json"
    changed = json.loads(path.read_text("utf-8"))
    changed["limits"]["contact"]["budget"] = "3 WD"
    path.write_text(json.dumps(changed), "utf-8")
    with transaction(story.sessions) as session:
        assert deployments.deploy_pack(session, folder / "gl-jindianzi") == 2
    story.goes_through("complete_record", "screen", "dispatch")
    assert story.deadlines("contact")[0].budget == "5 WD", "a case keeps the pack it began with"
    story.receives(name="李先生", phone="13900005678")
    story.goes_through("complete_record", "screen", "dispatch")
    assert story.deadlines("contact")[0].budget == "3 WD"
    with reading(story.sessions) as session:
        versions = session.scalars(
            select(Pack.version).where(Pack.key == "gl-jindianzi").order_by(Pack.version)
        ).all()
    assert versions == [1, 2]


def test_the_shipped_processes_have_no_faults():
    for key in PROCESSES:
        assert deployments.check(read_folder(WORKFLOWS / key)) == []


def _with_field(files, form, *, required=False):
    schema = json.loads(files.forms[form])
    schema["properties"]["cost"] = {
        "type": "string",
        "maxLength": 40,
        "x-title": {"zh": "费用", "en": "Cost"},
    }
    schema["layout"].append(["cost"])
    if required:
        schema["required"] = [*schema.get("required", []), "cost"]
    return replace(files, forms={**files.forms, form: json.dumps(schema).encode()})


def _deploy(sessions, files):
    with transaction(sessions) as session:
        return deployments.deploy(session, files, by="li", note="费用")


def _counts(sessions):
    with reading(sessions) as session:
        return [
            session.scalar(select(func.count()).select_from(table))
            for table in (Definition, Deployment, HistoryEvent)
        ]


def _versions(sessions):
    with reading(sessions) as session:
        return session.scalars(
            select(Definition.version)
            .where(Definition.kind == "bpmn", Definition.key == "appeal")
            .order_by(Definition.version)
        ).all()


def _folder(path):
    (path / "forms").mkdir(parents=True)
    for name in ("process.bpmn", "classify.dmn", "forms/sign.json"):
        (path / name).write_bytes((APPEAL / name).read_bytes())


def test_a_folder_borrows_decisions_and_forms_of_the_folders_beside_it(tmp_path):
    lender, own = tmp_path / "lender", tmp_path / "own"
    _folder(lender)
    own.mkdir()
    (own / "process.bpmn").write_bytes(b"<a/>")
    (lender / "choose.dmn").write_bytes(b"<choose/>")
    (lender / "forms" / "sign.json").write_bytes(b'{"sign": 1}')
    wanted = {"lender": {"decisions": ["choose"], "forms": ["sign"]}}
    (own / BORROWS).write_text(json.dumps(wanted), "utf-8")
    files = read_folder(own)
    assert (files.decisions, files.forms) == (
        {"choose": b"<choose/>"},
        {"sign": b'{"sign": 1}'},
    )
    (own / "choose.dmn").write_bytes(b"<mine/>")
    with pytest.raises(InvalidInput, match="has not itself"):
        read_folder(own)


@pytest.mark.parametrize(
    "said",
    [
        b"{",
        b'["lender"]',
        b'{"lender": {"forms": ["../../etc/passwd"]}}',
        b'{"..": {"forms": ["sign"]}}',
        b'{"lender": {"forms": ["there_is_none"]}}',
        b'{"nowhere": {"decisions": ["choose"]}}',
    ],
)
def test_what_cannot_be_borrowed_is_told(tmp_path, said):
    _folder(tmp_path / "lender")
    _folder(tmp_path / "own")
    (tmp_path / "own" / BORROWS).write_bytes(said)
    with pytest.raises(InvalidInput, match=f"own/{BORROWS}"):
        read_folder(tmp_path / "own")
