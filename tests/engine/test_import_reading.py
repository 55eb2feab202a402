"""Files of messages as they come: text, spreadsheets, and what is neither."""

import csv
import gzip
import io
import random
import tracemalloc
import zipfile
from contextlib import closing
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.importing import reasons, refused_rows, spreadsheets, text_files, workbooks
from engine.importing.reading import open_table
from engine.importing.records import Row
from engine.importing.refused_rows import RefusedRows
from engine.importing.text_files import encoding_of
from tests import faulty_file


def read(path, **said) -> list[Row]:
    with closing(open_table(path, **said)) as table:
        return list(table.rows)


def cells(path, **said) -> list[list[str]]:
    return [row.cells for row in read(path, **said)]


# Text -------------------------------------------------------------------------------------------


def test_quotes_and_newlines_within_a_field_stay_one_record(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes('id;body\r\n1;"他说：""等等""\r\n又说;没有\n"\r\n\r\n;\r\n2;好\r\n'.encode())
    with closing(open_table(path)) as table:
        rows = list(table.rows)
        assert table.at() <= table.size
    assert [row.cells for row in rows] == [["1", '他说："等等"\r\n又说;没有\n'], ["2", "好"]]
    assert [row.line for row in rows] == [2, 7], "where each begins; empty rows are none"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("\ufeff编号".encode(), "utf-8-sig"),
        ("编号".encode(), "utf-8"),
        ("编号，内容".encode("gb18030"), "gb18030"),
        (gzip.compress("编号，内容".encode("gb18030"), mtime=0), "gb18030"),
        ("\ufeff编号".encode("utf-16-le"), "utf-16"),
        ("\ufeff编号".encode("utf-16-be"), "utf-16"),
        ("䶮㛃𬭩赟".encode("gb18030"), "gb18030"),
        (b"", "utf-8"),
    ],
)
def test_the_encoding_is_found(tmp_path, content, encoding):
    path = tmp_path / "f"
    path.write_bytes(content)
    assert encoding_of(path) == encoding


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty file"),
        (b"\xff\xff\xff\xff", "UTF-8 or GB18030"),
        (gzip.compress(b"id,body\n1,x\n" * 900, mtime=0)[:60], "whole gzip"),
        (b"\x1f\x8b\x08\x00junk that is no gzip at all", "whole gzip"),
        ("\ufeffid,body\n1,路灯".encode("utf-16-le")[:-1], "utf-16"),
        ("编号,内容\n1,路灯不亮已经很久了，请派人来修\n".encode().replace(b"\xe4", b"\xff", 1),
         "damaged"),
        (b"id,body\n1," + b"x" * 1_000_001 + b"\n", "characters a line"),
        ('"id,body\n1,路灯\n'.encode(), "headings"),
        (b"\n\n,,\n", "empty file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_in_words_before_anything_is_taken(
    tmp_path, content, told
):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"f\.csv") as refused:
        open_table(path)
    assert told in refused.value.message


def test_more_text_than_is_taken_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "LARGEST", 1_000_000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"id,body\n" + b"1,x\n" * 300_000, mtime=0))
    with pytest.raises(InvalidInput, match="in parts"):
        open_table(path)


@pytest.mark.parametrize(
    ("lines", "expected", "faulty"),
    [
        # The next quote begins a text, so the record cannot be one.
        (['1,"路灯,x', '2,"水",y', "3,z,z"], [["2", "水", "y"], ["3", "z", "z"]], [2]),
        # None comes any more.
        (["1,好,x", '2,"路灯,x', "3,z,z"], [["1", "好", "x"], ["3", "z", "z"]], [3]),
        # The next text begins with a line of its own, as on many boards.
        (['1,"路灯,x', '2,"', '  水",y', "3,z,z"], [["2", "\n  水", "y"], ["3", "z", "z"]], [2]),
        # The same, with as many cells by chance.
        (['1,x,"路灯', '2,y,"', '  水"'], [["2", "y", "\n  水"]], [2]),
        # A quote within a text that is not doubled.
        (['1,"他说"好"了",x', "3,z,z"], [["3", "z", "z"]], [2]),
        # A quote within a text that is not quoted is a quote.
        (['1,他说"好"了,x'], [["1", '他说"好"了', "x"]], []),
    ],
)
def test_a_cut_quote_costs_its_own_row_only(tmp_path, lines, expected, faulty):
    path = tmp_path / "f.csv"
    path.write_text("\n".join(["id,body,date", *lines]) + "\n", "utf-8")
    rows = read(path)
    assert [row.cells for row in rows if row.fault is None] == expected
    assert [row.line for row in rows if row.fault is not None] == faulty


@pytest.mark.parametrize("seed", range(1, 31))
def test_whatever_stands_around_a_fault_its_neighbours_are_whole(tmp_path, seed):
    path = tmp_path / "f.csv"
    expected = faulty_file.write(path, rows=60, seed=seed)
    rows = read(path)
    broken = [row for row in rows if row.fault or len(row.cells) != len(faulty_file.HEADINGS)]
    assert len(rows) == expected.read
    assert len(broken) == sum(word in {"quote", "columns"} for word in expected.reasons)


def test_a_text_that_never_ends_is_held_no_longer_than_it_may_be(tmp_path):
    path = tmp_path / "f.csv"
    many = "a line of words\n" * 80_000
    path.write_text(f'id,body\n1,"{many}2,x\n', "utf-8")
    rows = read(path)
    assert rows[0].fault is reasons.UNCLOSED
    assert len(rows) == 80_001
    assert rows[-1].cells == ["2", "x"]


@pytest.mark.slow
def test_two_hundred_thousand_rows_pass_in_little_memory(tmp_path):
    path = tmp_path / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["id", "body"], *([n, "路灯不亮" * 10] for n in range(200_000))]
        )
    with closing(open_table(path)) as table:
        assert sum(1 for _ in table.rows) == 200_000
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "body"], *([n, "路灯不亮" * 500] for n in range(5000))])
    tracemalloc.start()
    try:
        with closing(open_table(path)) as table:
            assert sum(1 for _ in table.rows) == 5000
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 2
    finally:
        tracemalloc.stop()


def test_a_title_above_the_headings_is_no_row(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("市长信箱导出\n2026 年 11 月,,\n编号,内容,时间\n1,路灯,2019-01-01\n", "utf-8")
    with closing(open_table(path)) as table:
        assert (table.headings, table.heading_line) == (["编号", "内容", "时间"], 3)
        assert [row.cells for row in table.rows] == [["1", "路灯", "2019-01-01"]]
    path.write_text("甲,乙\n丙,丁\n", "utf-8")
    with closing(open_table(path, said={"body": "丁"})) as table:
        assert table.headings == ["丙", "丁"]


# Spreadsheets -----------------------------------------------------------------------------------


def sheet_of(path, *rows, other="说明"):
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("信件")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.add_worksheet(other)
    return path


def rewritten(path, part: str, change) -> None:
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_numbers_dates_and_truth_come_as_a_person_would_write_them(tmp_path):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        at = book.add_format({"num_format": "yyyy/m/d h:mm:ss"})
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        sheet.write_row(0, 1, ["编号", "内容", "时间"])
        sheet.write_row(1, 1, [13800000000, "路灯"])
        sheet.write_datetime(1, 3, datetime(2019, 4, 25, 9, 32, 9), at)  # noqa: DTZ001
        sheet.write_row(2, 1, [1.5, True])
        sheet.write_datetime(2, 3, date(2019, 4, 25), day)
        sheet.write_formula(4, 1, "=1+1", None, 2)
        sheet.write_formula(4, 2, '="路"&"灯"', None, "路灯")
    assert [(row.line, row.cells, dict(row.flaws)) for row in read(path)] == [
        (2, ["13800000000", "路灯", "2019-04-25 09:32:09"], {}),
        (3, ["1.5", "TRUE", "2019-04-25"], {}),
        (5, ["2", "路灯", ""], {}),
    ]
    assert spreadsheets.text_of(time(9, 30)) == "09:30:00"
    assert spreadsheets.text_of(timedelta(hours=30)) == "1 day, 6:00:00"


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_a_time_of_a_spreadsheet_is_the_second_it_shows(at):
    told = spreadsheets.text_of(at)
    shown = datetime.fromisoformat(told)
    assert abs(shown - at) <= timedelta(milliseconds=500)
    assert len(told) == 19


def test_a_cell_without_a_value_or_with_too_many_digits_says_so(tmp_path):
    path = sheet_of(tmp_path / "f.xlsx", ["编号", "内容"], [1, "a"], [2, "b"], [3, "c"])
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 2, ["编号", "内容"])
        sheet.write_row(2, 2, [12345678901234567890, "x"])
        sheet.write_formula(3, 3, "=NA()", None, "#N/A")
        sheet.write_formula(4, 2, "=1+1", None, 77)
        sheet.write_formula(4, 3, "=1+1", None, 78)
    rewritten(path, SHEET, lambda xml: xml.replace(b"<v>77</v>", b""))
    flaws = [(row.line, dict(row.flaws)) for row in read(path)]
    assert flaws == [
        (3, {0: reasons.TOO_EXACT}),
        (4, {1: reasons.ERROR_VALUE}),
        (5, {0: reasons.NO_VALUE}),
    ]


def test_a_sheet_is_the_first_or_the_one_that_is_named(tmp_path):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("甲", "乙"):
            book.add_worksheet(name).write_row(0, 0, ["id", "body"])
            book.get_worksheet_by_name(name).write_row(1, 0, ["1", name])
    assert cells(path) == [["1", "甲"]]
    assert cells(path, sheet="乙") == [["1", "乙"]]
    with pytest.raises(InvalidInput, match="one of 甲, 乙"):
        open_table(path, sheet="丙")
    text = tmp_path / "f.csv"
    text.write_text("id,body\n1,x\n", "utf-8")
    with pytest.raises(InvalidInput, match="--sheet"):
        open_table(text, sheet="甲")
    with pytest.raises(InvalidInput, match="empty"):
        open_table(sheet_of(tmp_path / "g.xlsx"))


def _packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (_OLE, "older format, such as .xls"),
        (_OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (_packed(mimetype=b"x", content_xml=b"<a/>"), ".ods"),
        (_packed(xl__workbook_bin=b"x"), ".xlsb"),
        (_packed(readme_txt=b"x"), "another archive"),
        (b"PK\x03\x04" + bytes(100), "whole .xlsx"),
        (_packed(xl__workbook_xml=b"<a>", xl___rels__workbook_xml_rels=b"<a/>"), "whole .xlsx"),
    ],
)
def test_what_only_looks_like_a_spreadsheet_is_refused_in_words(tmp_path, content, told):
    path = tmp_path / "f.xlsx"
    path.write_bytes(content.replace(b"xl/.rels/workbook.xml.rels", b"xl/_rels/workbook.xml.rels"))
    with pytest.raises(InvalidInput, match=r"f\.xlsx") as refused:
        open_table(path)
    assert told in refused.value.message


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"])
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InvalidInput, match="password"):
        open_table(path)


@pytest.mark.parametrize("where", ["A200002", "XFD1000", "A99999999", "1A", ""])
def test_a_cell_in_a_far_corner_is_refused_before_room_is_made_for_it(tmp_path, where):
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"], ["1", "x"])
    rewritten(path, SHEET, lambda xml: xml.replace(b'r="B2"', f'r="{where}"'.encode()))
    with pytest.raises(InvalidInput, match=r"f\.xlsx"):
        open_table(path)


def _many_rows(count: int) -> bytes:
    row = b'<row><c t="inlineStr"><is><t>%d</t></is></c><c t="str"><v>x</v></c></row>'
    rows = b"".join(row % number for number in range(count))
    head = b'<row><c t="str"><v>id</v></c><c t="str"><v>body</v></c></row>'
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s%s</sheetData></worksheet>' % (space, head, rows)


@pytest.mark.slow
def test_two_hundred_thousand_rows_of_a_sheet_are_read_and_no_more(tmp_path):
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"])
    rewritten(path, SHEET, lambda _xml: _many_rows(200_000))
    with closing(open_table(path)) as table:
        assert sum(1 for _ in table.rows) == table.size - 1 == 200_000
        assert table.at() == table.size
    rewritten(path, SHEET, lambda _xml: _many_rows(200_001))
    with pytest.raises(InvalidInput, match="200,000 rows"):
        open_table(path)


def size_of(path) -> int:
    with zipfile.ZipFile(path) as book:
        return book.getinfo(SHEET).file_size


def test_a_bomb_is_refused_whatever_size_it_says_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "LARGEST", 1_000_000)
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"])
    rewritten(path, SHEET, lambda xml: xml + b" " * 2_000_000)
    with pytest.raises(InvalidInput, match="unpacked"):
        open_table(path)
    said = size_of(path).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(said, (10).to_bytes(4, "little")))
    assert size_of(path) == 10
    with pytest.raises(InvalidInput, match="unpacked"):
        open_table(path)


@pytest.mark.parametrize(
    "ahead",
    [
        b'<?xml version="1.0" encoding="UTF-16"?>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?>',
        b'<!DOCTYPE a [<!ENTITY b "1"><!ENTITY c "&b;&b;&b;">]>',
    ],
)
def test_xml_that_none_writes_is_refused(tmp_path, ahead):
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"])
    rewritten(path, SHEET, lambda xml: ahead + xml.partition(b"?>")[2])
    with pytest.raises(InvalidInput, match=r"f\.xlsx"):
        open_table(path)


def test_a_sheet_that_is_missing_is_missed(tmp_path):
    path = sheet_of(tmp_path / "f.xlsx", ["id", "body"])
    rewritten(path, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"sheet2", b"sheet9"))
    with pytest.raises(InvalidInput, match="missing"):
        open_table(path)


def test_a_damaged_spreadsheet_is_read_or_refused_and_nothing_else(tmp_path):
    path = tmp_path / "f.xlsx"
    faulty_file.write(path, rows=20)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    chance, refused = random.Random(1), []
    for number in range(150):
        name = chance.choice([SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"])
        spoilt = bytearray(parts[name])
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.choice(b'<>/"0 A\x00\xff')
        if number % 3 == 0:
            del spoilt[chance.randrange(len(spoilt)) :]
        with zipfile.ZipFile(path, "w") as book:
            for other, content in parts.items():
                book.writestr(other, bytes(spoilt) if other == name else content)
        try:
            read(path)
        except InvalidInput as error:
            refused.append(error.field)
    assert set(refused) == {"f.xlsx"}
    assert 50 < len(refused) < 150


# Refused rows -----------------------------------------------------------------------------------


@given(st.text() | st.from_regex(r"'{0,3}\s?[=+@-].{0,3}", fullmatch=True))
def test_a_cell_that_was_marked_comes_back_as_it_was(cell):
    kept = refused_rows.marked(cell)
    assert not kept.lstrip().startswith(("=", "+", "-", "@"))
    assert refused_rows.unmarked(kept) == cell


def test_refused_rows_are_read_back_as_they_were(tmp_path):
    rows = [
        Row(7, ["=cmd|' /C calc'!A0", 'x,y\n"z"']),
        Row(9, ["'=1", " +1", "one more"]),
        Row(12, ['1,"cut'], fault=reasons.UNCLOSED),
    ]
    path = tmp_path / "f.csv"
    with RefusedRows(path, ["编号", "内容"]) as refused:
        for row in rows:
            refused.write(row, reasons.columns(2, len(row.cells)))
    assert refused.marks == 3
    with path.open(encoding="utf-8-sig", newline="") as file:
        shown = list(csv.reader(file))
    assert shown[1] == [
        *("7", "row: expected 2 columns, found 2", "应有 2 列，实有 2 列。"),
        *("'=cmd|' /C calc'!A0", 'x,y\n"z"'),
    ]
    with closing(open_table(path)) as table:
        assert table.headings == ["编号", "内容"]
        assert [row.cells for row in table.rows] == [row.cells for row in rows]


def test_without_a_refused_row_there_is_no_file(tmp_path):
    with RefusedRows(tmp_path / "f.csv", ["id"]):
        pass
    assert not list(tmp_path.iterdir())
