"""`import`: messages from a file."""

import csv
import os
import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.db import reading
from engine.models import Case, ColumnMap, Contact, Deadline, UserTask
from tests import faulty_file

PACK = ("--pack", "gl-jindianzi")
BALANCE = re.compile(r"read (\d+) = taken (\d+) \+ already there (\d+) \+ refused (\d+)\n")
TRIAL_DATA = os.environ.get("HUIYIN_TRIAL_DATA", "")
# Read, taken, already there, refused, at the first time.
MESSAGES = {
    "taidi2020c/messages_labelled_raw.csv.gz": [446, 446, 0, 0],
    "taidi2020c/hot_messages_until_2019-06.csv.gz": [2109, 2108, 0, 1],
    "fuzhou12345_rivers/fuqing_liuyan_2021.csv": [120, 120, 0, 0],
}


def balance(told: str) -> list[int]:
    found = BALANCE.fullmatch(told)
    assert found, told
    return [int(number) for number in found.groups()]


# import -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["letters.csv", "letters.xlsx"])
def test_import_ends_with_a_balance_and_keeps_what_it_refused(cli, tmp_path, sessions, name):
    path = tmp_path / name
    expected = faulty_file.write(path, rows=80, seed=3)
    result = cli("import", str(path), *PACK)
    assert result.exit_code == 0
    assert balance(result.stdout) == [
        expected.read,
        expected.taken,
        expected.there,
        expected.refused,
    ]
    refused = tmp_path / f"{name}.refused.csv"
    with refused.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, word in zip(rows, expected.reasons, strict=True):
        assert word in row["refused_reason"]
        assert row["拒收原因"]
        assert int(row["refused_line"]) > 1
    assert not any(
        cell.lstrip().startswith(("=", "+", "-", "@"))
        for row in rows
        for cell in row.values()
        if cell
    )
    assert stat.S_IMODE(refused.stat().st_mode) == 0o600
    with reading(sessions) as session:
        assert set(session.scalars(select(Contact.source))) == {"letters"}
    again = balance(cli.well("import", str(path), *PACK))
    assert again[1] == 0
    assert again[0] == again[2] + again[3]


def test_what_was_refused_can_be_mended_and_taken_in_again(cli, tmp_path):
    path = tmp_path / "letters.csv"
    path.write_text("编号,内容,时间\n1,路灯不亮,昨天\n2,水发黄,2019-01-01\n", "utf-8")
    assert balance(cli.well("import", str(path), *PACK)) == [2, 1, 0, 1]
    refused = tmp_path / "letters.csv.refused.csv"
    refused.write_text(refused.read_text("utf-8-sig").replace("昨天", "2019-01-02"), "utf-8")
    assert balance(cli.well("import", str(refused), *PACK)) == [1, 1, 0, 0]
    assert balance(cli.well("import", str(refused), *PACK)) == [1, 0, 1, 0]


def test_a_refused_row_that_looks_like_a_formula_is_mended_and_taken_as_it_came(
    cli, tmp_path, sessions
):
    path = tmp_path / "letters.csv"
    path.write_text("编号,标题,内容,时间\n1,'=已写过,=cmd|' /C calc'!A0,昨天\n", "utf-8")
    result = cli("import", str(path), *PACK)
    assert balance(result.stdout) == [1, 0, 0, 1]
    assert "apostrophe" in result.stderr
    refused = tmp_path / "letters.csv.refused.csv"
    text = refused.read_text("utf-8-sig")
    assert "\"''=已写过\",\"'=cmd|" in text
    # As a Chinese spreadsheet program saves it.
    refused.write_bytes(text.replace("昨天", "2019-01-02").encode("gb18030"))
    assert balance(cli.well("import", str(refused), *PACK)) == [1, 1, 0, 0]
    with reading(sessions) as session:
        contact = session.scalars(select(Contact)).one()
    assert (contact.raw_title, contact.raw_body) == ("'=已写过", "=cmd|' /C calc'!A0")
    assert (contact.source, contact.source_id) == ("letters", "1")


def test_a_file_of_refused_rows_is_never_written_over(cli, tmp_path):
    path = tmp_path / "letters.csv"
    path.write_text("编号,内容,时间\n1,路灯,昨天\n", "utf-8")
    cli.well("import", str(path), *PACK)
    first = tmp_path / "letters.csv.refused.csv"
    first.write_text("being mended", "utf-8")
    assert "letters.csv.refused-2.csv" in cli("import", str(path), *PACK).stderr
    assert first.read_text("utf-8") == "being mended"
    second = tmp_path / "letters.csv.refused-2.csv"
    told = cli("import", str(second), *PACK, "--refused", str(second))
    assert told.exit_code == 1
    assert "another file" in told.stderr
    assert balance(cli.well("import", str(second), *PACK)) == [1, 0, 0, 1]


def test_a_check_shows_what_would_become_of_it_and_takes_nothing(cli, tmp_path, sessions):
    path = tmp_path / "letters.xlsx"
    expected = faulty_file.write(path, rows=80, seed=5)
    result = cli("import", str(path), *PACK, "--check")
    assert result.exit_code == 0
    start, told = result.stdout[:10], result.stdout[10:]
    assert start == "would be: "
    assert balance(told) == [expected.read, expected.taken, expected.there, expected.refused]
    for word in (
        "headings on line 3 of sheet 留言",
        "body         留言详情  (guessed)",
        "not used: 备注",
        "line 4: taken (",
        "Nothing was taken",
    ):
        assert word in result.stderr
    assert "refused: " in result.stderr
    assert "路灯" not in result.stderr, "no word of a citizen"
    assert not list(tmp_path.glob("*.refused*"))
    with reading(sessions) as session:
        assert not session.scalar(select(func.count()).select_from(Contact))
        assert not session.scalar(select(func.count()).select_from(ColumnMap))


def test_the_columns_of_a_source_are_remembered_overruled_and_forgotten(cli, tmp_path):
    path = tmp_path / "odd.csv"

    def told(headings: str, *words: str) -> str:
        path.write_text(f"{headings}\n1,路灯不亮,李四\n", "utf-8")
        result = cli("import", str(path), *PACK, "--source", "信箱", *words)
        return result.stderr if result.exit_code == 0 else f"refused: {result.stderr}"

    assert "body         B  (said)" in told("id,B,C", "--map", "body=B", "--map", "name=C")
    again = told("id,B,C")
    assert "body         B  (remembered)" in again
    assert "name         C  (remembered)" in again
    changed = told("id,内容,C")
    assert changed.startswith("refused: ")
    assert "B (body)" in changed
    assert "--forget" in changed
    overruled = told("id,内容,C", "--map", "body=内容", "--map", "name=")
    assert "body         内容  (said)" in overruled
    assert "name         left out" in overruled
    assert "name         left out" in told("id,内容,C")
    anew = told("id,正文,姓名", "--forget")
    assert "body         正文  (guessed)" in anew
    assert "name         姓名  (guessed)" in anew
    assert "body         正文  (remembered)" in told("id,正文,姓名")


def test_import_follows_what_it_is_told(cli, tmp_path, sessions):
    path = tmp_path / "odd.csv"
    path.write_text("A\tB\tC\n甲\t路灯不亮\t李四\n", "utf-8")
    assert "--map body=" in cli("import", str(path), *PACK).stderr
    told = (
        *("--map", "body=B", "--map", "id=A", "--map", "name=C"),
        *("--source", "mail", "--channel", "email", "--by", "li.zhi"),
    )
    assert balance(cli.well("import", str(path), *PACK, *told)) == [1, 1, 0, 0]
    with reading(sessions) as session:
        contact = session.scalars(select(Contact)).one()
    assert (contact.source, contact.source_id, contact.channel) == ("mail", "甲", "email")
    assert contact.entered_by is not None
    assert contact.identity_id is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pack", "no-such-pack"), "no-such-pack"),
        ((*PACK, "--by", "nobody"), "nobody"),
        ((*PACK, "--map", "body"), "FIELD=HEADING"),
        ((*PACK, "--channel", "pigeon"), "phone, "),
    ],
)
def test_import_refuses_in_words_before_it_takes_anything(cli, tmp_path, sessions, words, told):
    path = tmp_path / "f.csv"
    path.write_text("id,body\n1,x\n")
    result = cli("import", str(path), *words)
    assert result.exit_code == 1
    assert told in result.stderr
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_import_needs_a_pack_and_a_file(cli, tmp_path):
    assert cli("import", str(tmp_path / "none.csv"), *PACK).exit_code == 2
    path = tmp_path / "f.csv"
    path.write_text("id,body\n1,x\n")
    assert cli("import", str(path)).exit_code == 2


@pytest.mark.skipif(not TRIAL_DATA, reason="HUIYIN_TRIAL_DATA does not name a folder of trial data")
@pytest.mark.parametrize("name", MESSAGES)
def test_real_messages_are_taken_in_with_their_clocks_running(cli, tmp_path, sessions, name):
    path, first = Path(TRIAL_DATA) / name, MESSAGES[name]
    read, taken, _, refused = first
    words = ("import", str(path), *PACK, "--refused", str(tmp_path / "refused.csv"))
    assert balance(cli.well(*words, "--check").removeprefix("would be: ")) == first
    assert balance(cli.well(*words)) == first
    with reading(sessions) as session:
        stages = session.execute(select(Case.stage, func.count()).group_by(Case.stage)).all()
        assert [tuple(row) for row in stages] == [("screening", taken)]
        running = select(func.count()).where(
            Deadline.settled_at.is_(None), Deadline.due_at > clock.now()
        )
        assert session.scalar(running) == taken
        assert session.scalar(select(func.count()).where(UserTask.status == "open")) == taken
        assert not session.scalar(select(func.count()).where(Case.body.like("%\u3000%")))
    assert balance(cli.well(*words)) == [read, 0, taken, refused]
