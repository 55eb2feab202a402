"""`organisation`: the topmost unit, and all others from a sheet."""

import csv

import pytest

from engine.db import reading
from engine.queries import people

HEAD = "部门,上级,姓名,账号,角色\n"
ROWS = "城南所,市场监督管理局,李四,li.si,承办人\n没有上级,,王五,wang.wu,承办人\n"


def test_a_sheet_is_checked_then_taken_in(cli, tmp_path, sessions):
    path = tmp_path / "组织.csv"
    path.write_text(HEAD + ROWS, encoding="gb18030")
    import_it = ("organisation", "import", str(path), "--by", "guan.li")
    checked = cli(*import_it, "--check")
    assert checked.stdout == (
        "would be: read 2 = created 1 + changed 0 + already there 0 + refused 1\n"
    )
    assert "line 3: refused" in checked.stderr
    assert "Nothing was taken in" in checked.stderr
    done = cli(*import_it)
    assert done.stdout == "read 2 = created 1 + changed 0 + already there 0 + refused 1\n"
    with (tmp_path / "组织.csv.refused.csv").open(encoding="utf-8-sig") as file:
        kept = list(csv.DictReader(file))
    assert [(row["refused_line"], row["部门"]) for row in kept] == [("3", "没有上级")]
    with reading(sessions) as session:
        assert people.by_login(session, "li.si").roles == {"handler"}
    again = cli(*import_it)
    assert again.stdout == "read 2 = created 0 + changed 0 + already there 1 + refused 1\n"


@pytest.mark.slow
def test_columns_are_said_where_the_guess_is_wrong(cli, tmp_path):
    path = tmp_path / "org.csv"
    path.write_text("甲,上级\n城南所,市场监督管理局\n", encoding="utf-8")
    import_it = ("organisation", "import", str(path), "--by", "guan.li")
    assert cli(*import_it).exit_code == 1
    assert cli(*import_it, "--map", "unit").exit_code == 1
    told = cli.well(*import_it, "--map", "unit=甲")
    assert told == "read 1 = created 1 + changed 0 + already there 0 + refused 0\n"
    assert cli("organisation", "import", str(path), "--by", "nobody").exit_code == 1


@pytest.mark.slow
def test_an_empty_installation_begins_with_one_unit(empty):
    empty.well("migrate")
    assert empty.well("organisation", "found", "hezhou", "贺州市", "--name-en", "Hezhou") == (
        "hezhou\n"
    )
    assert empty("organisation", "found", "hezhou", "贺州市").exit_code == 1
    assert empty("organisation", "found", "贺州", "贺州市").exit_code == 1
    empty.well(
        "user", "add", "first", "--name", "张三", "--role", "hezhou:administrator",
        given="a long password\n",
    )  # fmt: skip
