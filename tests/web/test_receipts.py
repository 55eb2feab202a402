"""A citizen's receipt is checked away from us, and no field of it can be changed unseen."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import update

from engine import history
from engine.clock import Held
from engine.commands import anchors
from engine.db import Sessions, reading, transaction
from engine.history import Entry, Head
from engine.identity import Vault
from engine.models import Case
from engine.queries import anchors as kept
from tests.databases import ROOT
from tests.story import PHONE, Story
from tests.web.citizen import Citizen, portal

SCRIPT = ROOT / "docs" / "check_receipt.py"
DIGITS = PHONE[-4:]


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path, vault: Vault) -> APIFlask:
    return portal(sessions, tmp_path, vault)


@pytest.fixture
def citizen(app: APIFlask) -> Citizen:
    return Citizen(app)


def follow(citizen: Citizen, story: Story) -> Citizen:
    assert story.received is not None
    return citizen.opens("/track").presses(code=story.received.code, digits=DIGITS)


def receipt_of(citizen: Citizen) -> dict[str, Any]:
    """The file that the citizen downloads."""
    answer = citizen.opens("/track/receipt.json").page
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    told: dict[str, Any] = json.loads(answer.text)
    return told


def checked(receipt: object, folder: Path, *printed: str) -> subprocess.CompletedProcess[str]:
    """What the shipped script says of a file, in a process of its own."""
    path = folder / "receipt.json"
    text = receipt if isinstance(receipt, str) else json.dumps(receipt, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, path, *printed],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def changed(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with one leaf of it changed, each once, and with one member more or less."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for where, other in changed(inner):
                yield f"{name}.{where}", {**value, name: other}
            yield f"without {name}", {key: one for key, one in value.items() if key != name}
        yield "with another", {**value, "more": ""}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for where, other in changed(inner):
                yield f"{at}.{where}", [*value[:at], other, *value[at + 1 :]]
        yield "one less", value[1:]
        yield "turned", value[::-1]
    elif isinstance(value, int):
        yield "one more", value + 1
        yield "as text", str(value)
        yield "as float", value + 0.5
    else:
        yield "another sign", ("0" if value[0] != "0" else "1") + value[1:]
        yield "longer", value + "0"
        yield "empty", ""


def test_a_receipt_checks_offline_against_what_was_printed(
    citizen: Citizen, story: Story, tmp_path: Path
) -> None:
    for name in ("甲", "乙", "丙"):
        story.receives(name=name)
    story.goes_through("complete_record", "screen")
    made = anchors.make(story.sessions).anchor
    receipt = receipt_of(follow(citizen, story))
    assert receipt["case"] == story.number
    assert receipt["entries"] == story.case.chain_seq
    assert receipt["head"] == story.case.chain_hash.hex()

    listed = json.loads(citizen.opens("/public/anchors.json").page.text)["anchors"]
    assert [receipt["anchor"]] == listed
    text = citizen.opens("/public/anchors.txt").page.text
    for printed in (made.root.hex(), made.hash.hex().upper()):
        assert printed.lower() in text
        said = checked(receipt, tmp_path, printed)
        assert said.returncode == 0, said
        assert "对得上" in said.stdout
        assert "WELL." in said.stdout
        assert story.number in said.stdout
    alone = checked(receipt, tmp_path)
    assert alone.returncode == 0
    assert made.hash.hex() in alone.stdout, "it says with what to compare it"

    other = checked(receipt, tmp_path, "0" * 64)
    assert other.returncode == 1
    assert "对不上" in other.stdout
    assert "NOT WELL" in other.stdout


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_each_field_that_is_changed_is_found(
    citizen: Citizen, story: Story, tmp_path: Path, sealed: bool
) -> None:
    story.receives()
    if sealed:
        _seal(story)
    anchors.make(story.sessions)
    receipt = receipt_of(follow(citizen, story))
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        import check_receipt  # noqa: PLC0415 - the very file that is shipped
    finally:
        sys.path.pop(0)
    check_receipt.check(receipt, None)
    tries = dict(changed(receipt))
    assert len(tries) > 80
    well = []
    for where, other in tries.items():
        try:
            check_receipt.check(deepcopy(other), None)
        except check_receipt.Wrong:
            continue
        well.append(where)
    assert well == []
    for where in ("case.another sign", "path.0.right.another sign", "path.0.left.another sign"):
        if where in tries:
            said = checked(tries[where], tmp_path, receipt["anchor"]["hash"])
            assert said.returncode == 1, where
            assert "NOT WELL" in said.stdout


def test_what_is_no_receipt_is_said_in_words(tmp_path: Path) -> None:
    for text in ("[", '{"a": ' * 100_000):
        said = checked(text, tmp_path)
        assert said.returncode == 2, text[:20]
        assert "读不了" in said.stderr
        assert "cannot be read" in said.stderr
    assert checked([], tmp_path).returncode == 1
    assert checked({"format": "huiyin-receipt-1"}, tmp_path).returncode == 1
    assert checked({}, tmp_path, "short").returncode == 2
    missing = subprocess.run(
        [sys.executable, "-I", SCRIPT, tmp_path / "none.json"], capture_output=True, check=False
    )
    assert missing.returncode == 2
    assert (
        subprocess.run([sys.executable, "-I", SCRIPT], capture_output=True, check=False).returncode
        == 2
    )


def test_the_script_needs_nothing_that_python_3_8_has_not() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    compile(source, str(SCRIPT), "exec")
    import ast  # noqa: PLC0415

    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported == {"hashlib", "json", "re", "sys"}
    assert not re.search(r"removeprefix|removesuffix|match |zip\(.*strict|\|=", source)


def test_before_the_first_night_the_page_says_when_it_will_be_there(
    citizen: Citizen, story: Story
) -> None:
    anchors.make(story.sessions)
    story.clock.advance(hours=1)
    story.receives()
    follow(citizen, story)
    assert "回执" in citizen.text
    page = citizen.opens("/track/receipt")
    assert "11月3日（周二）02:00以后再来下载" in page.text
    assert "from Tue 3 Nov, 02:00" in citizen.opens("/track/receipt?lang=en").text
    assert citizen.opens("/track/receipt.json").page.request.path == "/track/receipt"
    story.clock.advance(hours=17)
    assert "过几分钟再来下载" in follow(citizen, story).opens("/track/receipt?lang=zh").text
    anchors.make(story.sessions)
    assert receipt_of(follow(citizen, story))["anchor"]["date"] == "2026-11-03"


def test_a_receipt_is_shown_in_both_languages(citizen: Citizen, story: Story) -> None:
    story.receives()
    anchors.make(story.sessions)
    receipt = receipt_of(follow(citizen, story))
    page = citizen.opens("/track/receipt")
    assert receipt["anchor"]["hash"] in page.text
    for language in ("zh", "en"):
        page = citizen.opens(f"/track/receipt?lang={language}")
        assert len(receipt["proves"][language]) == 2
        for sentence in receipt["proves"][language]:
            assert sentence in page.text
    assert not re.search(r"[\u3400-\u9fff]", page.text)


def test_nobody_has_a_receipt_without_the_code(citizen: Citizen, story: Story) -> None:
    story.receives()
    anchors.make(story.sessions)
    for path in ("/track/receipt", "/track/receipt.json"):
        assert citizen.opens(path).page.request.path == "/track"
    follow(citizen, story)
    citizen.opens("/track/case")
    story.clock.advance(minutes=31)
    assert citizen.opens("/track/receipt.json").page.request.path == "/track"


def test_of_a_sealed_case_it_says_that_it_is_on_record_and_nothing_of_how_far_it_is(
    citizen: Citizen, story: Story, tmp_path: Path
) -> None:
    story.receives()
    _seal(story)
    anchors.make(story.sessions)
    first = receipt_of(follow(citizen, story))
    assert not {"entries", "head", "salt"} & set(first)
    said = checked(first, tmp_path, first["anchor"]["root"])
    assert said.returncode == 0
    story.passes(days=1)
    anchors.make(story.sessions)
    quiet = receipt_of(follow(citizen, story))
    assert quiet["commitment"] != first["commitment"], "though nothing happened"
    with transaction(story.sessions) as session:
        case = session.get_one(Case, story.case.id)
        entries = [Entry("handled", story.clock())] * 3
        stream, head = history.case_stream(case.id), Head(case.chain_seq, case.chain_hash)
        head = history.append(session, stream, head, entries)
        case.chain_seq, case.chain_hash = head.seq, head.hash
    story.passes(days=1)
    assert anchors.make(story.sessions).lost == 0
    busy = receipt_of(follow(citizen, story))
    assert (set(busy), len(busy["path"])) == (set(quiet), len(quiet["path"])), "as if at rest"
    page = citizen.opens("/track/receipt").page.text
    assert story.case.chain_hash.hex() not in page


def test_a_joined_case_has_a_receipt_of_its_own_and_knows_nothing_of_the_other(
    citizen: Citizen, story: Story
) -> None:
    story.receives(name="李先生").goes_through("complete_record", "screen")
    main = story.number
    story.receives().does("complete_record")
    story.does("screen", opinion="duplicate", matter=main)
    assert story.case.status == "merged"
    anchors.make(story.sessions)
    receipt = receipt_of(follow(citizen, story))
    assert receipt["case"] == story.number
    assert main not in json.dumps(receipt)


def test_the_public_figures_leave_sealed_cases_out_and_never_fall(
    citizen: Citizen, story: Story
) -> None:
    for _ in range(3):
        story.receives()
    before = anchors.make(story.sessions).anchor
    assert (before.cases, before.contacts) == (3, 3)
    assert before.tallies["cases"] == 3
    _seal(story)
    story.passes(days=1)
    after = anchors.make(story.sessions).anchor
    assert (after.cases, after.contacts) == (3, 3), "nobody reads from it that one was sealed"
    story.receives().passes(days=1)
    assert anchors.make(story.sessions).anchor.cases == 3
    story.receives().passes(days=1)
    newest = anchors.make(story.sessions).anchor
    assert newest.cases == 4
    assert newest.tallies["cases"] == 5, "while the leaf that nobody opens counts them all"
    assert sum(newest.tallies[one] for one in ("open", "refused", "merged", "closed")) == 5


def test_what_is_printed_names_no_case_and_is_there_for_everybody(
    citizen: Citizen, story: Story
) -> None:
    empty = citizen.opens("/public/anchors")
    assert empty.status == 200
    assert "还没有存证" in empty.text
    story.receives()
    anchors.make(story.sessions)
    story.passes(days=3)
    made = anchors.make(story.sessions).anchor
    for path in ("/public/anchors", "/public/anchors.json", "/public/anchors.txt"):
        told = citizen.opens(path).page.text
        assert made.hash.hex() in told
        assert story.number not in told
        assert story.case.id.hex not in told
        assert made.blinding.hex() not in told
    text = citizen.opens("/public/anchors.txt").page.text
    assert "此前 2 天没有存证，由这一次补上" in text
    assert "回音存证 2026-11-05 第 2 号" in text
    assert "for the 2 days" not in text
    page = citizen.opens("/public/anchors?lang=en")
    assert "No anchor was made on the 2 days before; this one covers them." in page.text
    assert not re.search(r"[\u3400-\u9fff]", page.text)
    answer = citizen.opens("/api/v1/anchors").page
    with reading(story.sessions) as session:
        assert answer.get_json() == {"items": kept.listed(session, 1, 10)[0], "total": 2}
    assert citizen.opens("/public/check_receipt.py").page.data == SCRIPT.read_bytes()


def _seal(story: Story) -> None:
    with transaction(story.sessions) as session:
        session.execute(
            update(Case).where(Case.number == story.number).values(sealed=True, confidential=True)
        )
