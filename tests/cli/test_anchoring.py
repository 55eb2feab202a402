"""`huiyin anchor`, and what `verify` says of a case that is gone or a receipt that is held out."""

import json
import subprocess
import sys

import pytest

from engine.db import reading, transaction
from engine.queries import anchors as kept
from tests.databases import ROOT
from tests.engine.anchored_office import remove_case, remove_event, three_nights


@pytest.fixture
def office(story, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "identity.key").write_text(bytes(range(32)).hex())
    return three_nights(story)


def test_an_anchor_is_made_by_hand_once_a_day_and_printed(story, cli):
    story.receives()
    first = cli("anchor")
    assert first.exit_code == 0, first.output
    assert "回音存证 2026-11-02 第 1 号 · Huiyin anchor no. 1 of 2026-11-02" in first.stdout
    assert "Made over 2 streams." in first.stderr
    again = cli("anchor")
    assert again.stdout == first.stdout
    assert "It was there already" in again.stderr
    story.passes(days=2)
    second = cli("anchor", "--json")
    shown = json.loads(second.stdout)
    assert "On the 1 days before it none was made." in second.stderr
    assert (shown["number"], shown["missed"], shown["cases"]) == (2, 1, 1)
    assert f"hash {shown['previous']}" in first.stdout


def test_verify_names_the_case_and_the_day_of_what_is_gone(office, cli):
    assert "BROKEN" not in cli.well("verify")
    with transaction(office.sessions) as session:
        remove_event(session, office.received.case_id, office.case.chain_seq)
    told = cli("verify")
    assert told.exit_code == 1
    assert office.number in told.stdout
    assert "2026-11-04" in told.stdout
    with transaction(office.sessions) as session:
        remove_case(session, office.received.case_id)
    told = cli("verify")
    assert told.exit_code == 1
    assert f"case {office.number}: the whole case is gone" in told.stdout
    assert "anchored on 2026-11-02 and until 2026-11-04" in told.stdout
    made = cli("anchor")
    assert made.exit_code == 1
    assert "1 streams are not as they were anchored before. Run `huiyin verify`." in made.stderr
    assert "the anchor of 2026-11-05 already missed it" in cli("verify").stdout


def test_a_receipt_is_held_against_the_machine(office, cli, tmp_path):
    with reading(office.sessions) as session:
        receipt = kept.receipt(session, office.received.case_id)
    path = tmp_path / "receipt.json"

    def told(value):
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return cli("verify", "--receipt", str(path))

    said = told(receipt)
    assert said.exit_code == 0, said.output
    assert "receipts  (1)" in said.stdout
    for other, why in (
        ({"entries": 1}, "holds another history of it"),
        ({"case": "GL-20261102-000099"}, "has no such case"),
        ({"anchor": receipt["anchor"] | {"cases": 9}}, "its anchor is not here as it was printed"),
        ({"anchor": receipt["anchor"] | {"number": 10**12}}, "its anchor is not here"),
        ({"commitment": "x"}, "it is none of ours"),
    ):
        said = told(receipt | other)
        assert said.exit_code == 1
        assert why in said.stdout
    assert "it is none of ours" in told(["no", "receipt"]).stdout
    path.write_text("{", encoding="utf-8")
    assert "receipt.json" in cli("verify", "--receipt", str(path)).stderr
    with transaction(office.sessions) as session:
        remove_event(session, office.received.case_id, receipt["entries"])
    said = told(receipt)
    assert f"event {receipt['entries']}, anchored on 2026-11-04, is not here" in said.stdout
    assert office.number in said.stdout
    offline = [sys.executable, ROOT / "docs" / "check_receipt.py", path, receipt["anchor"]["hash"]]
    assert subprocess.run(offline, capture_output=True, check=False).returncode == 0
