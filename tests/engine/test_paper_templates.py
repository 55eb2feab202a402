"""An office's own template: looked through before it is used, and refused in words."""

import io
import re
import zipfile
from collections.abc import Mapping

import docx
import pytest
from docx.document import Document

from engine.errors import InvalidAnswers
from engine.papers import checking, filling, samples, shipped
from engine.papers.kinds import Kind

TYPES = "[Content_Types].xml"
BODY = "word/document.xml"
RELS = "word/_rels/document.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def refused(content: bytes, kind: Kind = Kind.ORDER) -> Mapping[str, str]:
    """The sentence with which a template is refused."""
    with pytest.raises(InvalidAnswers) as error:
        checking.check(kind, content)
    (sentence,) = error.value.fields.values()
    assert sentence["zh"]
    assert sentence["en"]
    assert list(error.value.fields) == [checking.FIELD]
    return sentence


def with_text(*paragraphs: str, kind: Kind = Kind.ORDER) -> bytes:
    """The shipped template with these paragraphs at its end, as an office writes them."""
    opened = docx.Document(io.BytesIO(shipped.path(kind).read_bytes()))
    for text in paragraphs:
        opened.add_paragraph(text)
    return saved(opened)


def saved(opened: Document) -> bytes:
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


def changed(**parts: tuple[bytes, bytes]) -> bytes:
    """The shipped template with bytes replaced in a part, named as body, rels or types."""
    names = {"body": BODY, "rels": RELS, "types": TYPES}
    written = io.BytesIO()
    with zipfile.ZipFile(shipped.path(Kind.ORDER)) as old, zipfile.ZipFile(written, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            for part, (before, after) in parts.items():
                if entry.filename == names[part]:
                    assert before in data
                    data = data.replace(before, after, 1)
            new.writestr(entry.filename, data)
    return written.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    """The shipped template with one more file in it."""
    written = io.BytesIO(shipped.path(Kind.ORDER).read_bytes())
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return written.getvalue()


@pytest.mark.parametrize("kind", list(Kind))
def test_the_shipped_ones_pass(kind: Kind) -> None:
    checking.check(kind, shipped.path(kind).read_bytes())


def test_an_edited_one_passes_and_is_used() -> None:
    edited = with_text("抄送：{{ office }}，{% if draft %}草稿{% else %}正式{% endif %}")
    checking.check(Kind.ORDER, edited)
    made = docx.Document(io.BytesIO(filling.docx(samples.sample(Kind.ORDER), edited)))
    assert made.paragraphs[-1].text == "抄送：漓州市金点子办公室，正式"


def test_a_name_that_word_has_split_is_still_one_name() -> None:
    opened = docx.Document(io.BytesIO(shipped.path(Kind.ORDER).read_bytes()))
    line = opened.add_paragraph()
    for piece, bold in (("{", False), ("{ case_", True), ("number }", False), ("}。", True)):
        line.add_run(piece).bold = bold
    edited = saved(opened)
    checking.check(Kind.ORDER, edited)
    made = docx.Document(io.BytesIO(filling.docx(samples.sample(Kind.ORDER), edited)))
    assert made.paragraphs[-1].text == "LZ-20261102-000123。"


@pytest.mark.parametrize(
    ("tag", "zh", "en"),
    [
        ("{{ cas_number }}", "没有变量 cas_number", "no variable cas_number"),
        ("{{ answer }}", "没有变量 answer", "no variable answer"),
        ("{{ overdue }}", "overdue 是列表", "overdue is a list"),
        ("{%p for row in steps %}|{{ row.who }}|{%p endfor %}", "row.rung", "row.rung"),
        ("{% for row in nothing %}{% endfor %}", "没有叫 nothing 的列表", "no list nothing"),
        ("{% for unit in steps %}{% endfor %}", "unit 已经是变量", "a variable already"),
        ("{% for a in steps %}{% for b in steps %}{% endfor %}{% endfor %}", "循环里", "no loop"),
        ("{% if number %}开着", "没有 {% endif %}", "has no {% endif %}"),
        ("{% endfor %}", "成对", "belongs"),
        ("{% else %}", "成对", "belongs"),
        ("{{ 7*7 }}", "{{ 7*7 }}", "no arithmetic"),
        ("{{ number|upper }}", "{{ number|upper }}", "filters"),
        ("{{ number.__class__.__mro__ }}", "__class__", "functions"),
        ("{{ number.title }}", "没有变量 number.title", "no variable number.title"),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "cycler", "functions"),
        ("{% set x = 1 %}", "{% set x = 1 %}", "no arithmetic"),
        ("{% include 'x' %}", "include", "no arithmetic"),
        ("{% raw %}{{ x }}{% endraw %}", "raw", "no arithmetic"),
        ('{{ "}}" ~ number }}', "只认变量", "no arithmetic"),
        ("{# 批注 #}", "批注", "comments"),
        ("{{- number }}", "只认变量", "no arithmetic"),
        ("{%tr if number %}", "只认变量", "only variables"),
        ("{{ number", "只认变量", "only variables"),
        ("{% for i in range(10**9) %}{% endfor %}", "range", "no arithmetic"),
    ],
)
def test_what_is_more_than_a_name_or_a_loop_is_refused_by_name(tag: str, zh: str, en: str) -> None:
    said = refused(with_text(*tag.split("|") if tag.startswith("{%p") else [tag]))
    assert zh in said["zh"]
    assert en in said["en"]


def test_every_fault_is_told_up_to_five() -> None:
    said = refused(with_text(*(f"{{{{ wrong_{sign} }}}}" for sign in "abcdefg")))
    assert "wrong_a" in said["zh"]
    assert "wrong_e" in said["zh"]
    assert "还有 2 处" in said["zh"]
    assert "2 more" in said["en"]


def test_more_tags_than_anybody_needs_are_refused() -> None:
    assert "500" in refused(with_text("{{ number }}" * 600))["zh"]


def test_the_head_the_foot_and_the_properties_are_read_too() -> None:
    opened = docx.Document(io.BytesIO(shipped.path(Kind.ORDER).read_bytes()))
    opened.sections[0].footer.paragraphs[0].add_run("{{ nobody }}")
    assert "nobody" in refused(saved(opened))["zh"]
    opened = docx.Document(io.BytesIO(shipped.path(Kind.ORDER).read_bytes()))
    opened.core_properties.subject = "{{ 7*7 }}"
    opened.core_properties.author = "{{ ''.__class__ }}"
    made = docx.Document(
        io.BytesIO(filling.docx(samples.sample(Kind.ORDER), saved(opened)))
    ).core_properties
    assert (made.subject, made.author) == ("", "漓州市金点子办公室"), "no place for tags"


def test_a_condition_from_a_paragraph_into_a_table_is_refused() -> None:
    opened = docx.Document(io.BytesIO(shipped.path(Kind.ORDER).read_bytes()))
    opened.paragraphs[0].add_run("{% if draft %}")
    opened.tables[0].rows[1].cells[1].paragraphs[0].add_run("{% endif %}")
    assert "跨了段落" in refused(saved(opened))["zh"]


def test_a_template_without_a_variable_is_refused() -> None:
    blank = docx.Document()
    blank.add_paragraph("督办单")
    assert "没有一个 {{ 变量 }}" in refused(saved(blank))["zh"]


# What is no document, or more than one ------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 not a document",
        b"PK\x03\x04" + b"\0" * 60,
        shipped.path(Kind.ORDER).read_bytes()[:5000],
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
    ],
)
def test_what_is_no_docx_is_refused(content: bytes) -> None:
    assert "不是 .docx" in refused(content)["zh"]


def test_an_archive_of_something_else_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("note.txt", "x")
    assert "缺 [Content_Types].xml" in refused(written.getvalue())["zh"]


def test_a_file_too_large_is_refused() -> None:
    assert "超过 5 MB" in refused(b"PK" + b"\0" * checking.LARGEST)["zh"]


def test_a_bomb_is_not_unpacked() -> None:
    said = refused(with_part("word/media/bomb.png", b"\0" * (50 * 1024 * 1024)))
    assert "解开后太大" in said["zh"]
    many = io.BytesIO(shipped.path(Kind.ORDER).read_bytes())
    with zipfile.ZipFile(many, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"word/media/{number}.png", b"\0" * (3 * 1024 * 1024))
    assert "解开后太大" in refused(many.getvalue())["zh"]
    crowded = io.BytesIO(shipped.path(Kind.ORDER).read_bytes())
    with zipfile.ZipFile(crowded, "a") as archive:
        for number in range(400):
            archive.writestr(f"word/media/{number}.png", b"x")
    assert "超过 300 个" in refused(crowded.getvalue())["zh"]


@pytest.mark.parametrize(
    "name",
    [
        "word/vbaProject.bin",
        "word/vbaData.xml",
        "word/activeX/activeX1.xml",
        "word/embeddings/sheet.xlsx",
        "word/embeddings/oleObject1.bin",
        "../../etc/cron.d/x",
        "/word/x.xml",
    ],
)
def test_what_runs_by_itself_is_refused_by_name(name: str) -> None:
    assert name in refused(with_part(name, b"<x/>"))["zh"]


def test_a_document_with_macros_is_refused_by_its_type() -> None:
    macros = (
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    assert ".docm" in refused(changed(types=macros))["zh"]


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(shipped.path(Kind.ORDER)) as archive:
        start = re.search(rb"<w:document", archive.read(BODY))
    assert start
    said = refused(changed(body=(b"<w:document", bomb + b"<w:document")))
    assert "DOCTYPE" in said["zh"]


def test_a_broken_part_is_named() -> None:
    assert BODY in refused(changed(body=(b"</w:body>", b"</w:bod>")))["zh"]
    said = refused(with_part("word/extra.xml", b"<x>"))
    assert "word/extra.xml" in said["zh"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("image", "http://evil.example/x.png"),
        ("attachedTemplate", "file:///x.dotm"),
        ("hyperlink", "javascript:alert(1)"),
        ("hyperlink", "file://server/share"),
        ("aFChunk", "http://evil.example/x.html"),
    ],
)
def test_what_reaches_outside_is_refused_with_where_to(kind: str, target: str) -> None:
    link = (
        f'<Relationship Id="rId99" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'
    )
    said = refused(changed(rels=(b"</Relationships>", link.encode() + b"</Relationships>")))
    assert target in said["zh"]


def test_a_link_to_a_page_may_stay() -> None:
    kind = f'Type="{OFFICE}/hyperlink" TargetMode="External"'
    link = f'<Relationship Id="rId99" {kind} Target="https://gov.example/"/>'
    checking.check(
        Kind.ORDER, changed(rels=(b"</Relationships>", link.encode() + b"</Relationships>"))
    )


@pytest.mark.parametrize("field", ["DDEAUTO c:\\x.exe", 'INCLUDETEXT "//x/y"', "MACROBUTTON x y"])
def test_fields_that_fetch_or_start_something_are_refused(field: str) -> None:
    opened = docx.Document(io.BytesIO(shipped.path(Kind.ORDER).read_bytes()))
    xml = opened.add_paragraph()._p
    half = len(field) // 2
    for text in (field[:half], field[half:]):
        run = docx.oxml.OxmlElement("w:r")
        said = docx.oxml.OxmlElement("w:instrText")
        said.text = text
        run.append(said)
        xml.append(run)
    assert field.split(maxsplit=1)[0] in refused(saved(opened))["zh"]


def test_a_part_that_is_missing_is_told() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(shipped.path(Kind.ORDER)) as old, zipfile.ZipFile(written, "w") as new:
        for entry in old.infolist():
            if entry.filename != "word/header1.xml":
                new.writestr(entry.filename, old.read(entry))
    assert "结构不完整" in refused(written.getvalue())["zh"]
