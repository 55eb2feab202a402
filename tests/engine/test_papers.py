"""Official papers: what is printed, in both formats and languages, and that it stays printed."""

import hashlib
import io
import re
import time
import zipfile
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import docx
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from engine.errors import InvalidInput
from engine.papers import codes, filling, glyphs, labels, samples, shipped, typesetting, wording
from engine.papers.kinds import NAMES, Answer, Kind, Order, Paper, Slip
from engine.papers.variables import VARIABLES, Rows

RARE = "䶮㛃𬭩赟"
LITERAL = (
    "<b>粗</b>",
    "{{7*7}}",
    "{% raw %}",
    '#import "x"',
    "$x$",
    "=cmd|' /C calc'!A0",
    "&amp;",
    "*星*",
)
# What a paper of each kind must say, in Chinese; the English of the same in the second place.
SAYS: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Kind.SLIP: (
        ("处理签", "城市管理局（主办）", "供电公司", "先到现场，当天回话。"),
        ("Handling slip", "Urban Management", "Power Company", "Limits", "30 October 2026, 18:00"),
    ),
    Kind.ANSWER: (
        (
            "答复函",
            f"{RARE[:3]}先生",
            "现答复如下",
            "当晚亮灯。",
            "部分解决",
            "还要办的：电缆老化",
            "特此函复。",
        ),
        (
            "Letter of answer",
            f"{RARE[:3]}先生",
            "the answer is",
            "当晚亮灯。",
            "Outcome: Partly solved",
            "What remains",
        ),
    ),
    Kind.REFUSAL: (
        ("不予受理告知书", "已进入诉讼、仲裁", "法定途径：人民法院或仲裁机构", "特此告知。"),
        (
            "Notice of refusal",
            "In court or arbitration",
            "Legal channel: Court or arbitration body",
        ),
    ),
    Kind.ORDER: (
        (
            "督办单",
            "颜色",
            "黄色",
            "超过办理时限",
            "办理：2026年10月30日18:00到期",
            "三日内办结",
            "2026年11月9日",
        ),
        (
            "Supervision order",
            "Yellow",
            "the limit for handling has passed",
            "Monday, 9 November 2026",
        ),
    ),
    Kind.INTERVIEW: (
        ("约谈通知", "2026年11月9日（星期一）9时30分", "市民中心402室", "书面整改计划", "何敏"),
        ("Notice of interview", "Monday, 9 November 2026, at 09:30", "市民中心", "0777-12345"),
    ),
    Kind.DIGEST: (
        ("民声摘报", "第 1 期", "这一周", "赟洲路口最多", "按时办结率", "87.9%", "都已定格"),
        ("Digest of the people's voice", "No. 1", "This week", "On-time rate", "are frozen"),
    ),
}
QUICKLY = settings(max_examples=30, deadline=None, database=None, derandomize=True)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def docx_text(content: bytes) -> str:
    """All that Word shows, head and foot included."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [n for n in archive.namelist() if re.match(r"word/(document|header|footer)", n)]
        trees = [etree.fromstring(archive.read(name)) for name in sorted(parts)]
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return "\n".join(
        "".join(one.text or "" for one in paragraph.iter(f"{word}t"))
        for tree in trees
        for paragraph in tree.iter(f"{word}p")
    )


def bare(text: str) -> str:
    """Text without blanks: a typesetter puts them between scripts and breaks lines."""
    return re.sub(r"[\s\u200b]+", "", text)


def filled(paper: Paper) -> bytes:
    return filling.docx(paper, shipped.path(paper.kind).read_bytes())


@pytest.mark.parametrize("kind", list(Kind))
def test_what_a_paper_says(kind: Kind) -> None:
    paper = samples.sample(kind)
    chinese, english = SAYS[kind]
    common = (paper.office["zh"], paper.number, "2026年11月2日", "扫码")
    for made in (pdf_text(typesetting.pdf(paper)), docx_text(filled(paper))):
        for said in (*chinese, *common):
            assert bare(said) in bare(made), said
        assert "草稿" not in made
    made = pdf_text(typesetting.pdf(paper, "en"))
    for said in (*english, paper.office["en"], paper.number, "2 November 2026"):
        assert bare(said) in bare(made), said
    assert "for reading" in made


@pytest.mark.parametrize("kind", list(Kind))
def test_no_label_is_left_in_the_other_language(kind: Kind) -> None:
    paper = samples.sample(kind)
    paper = replace(paper, reason="") if isinstance(paper, Order) else paper  # people's own words
    made = pdf_text(typesetting.pdf(paper, "en"))
    chinese = {texts["zh"] for texts in labels.LABELS.values() if len(texts["zh"]) > 1}
    chinese |= {texts["zh"] for texts in NAMES.values()}
    assert not {one for one in chinese if one in made}
    assert all(texts.keys() == {"zh", "en"} for texts in labels.LABELS.values())


@pytest.mark.parametrize("kind", list(Kind))
def test_the_variables_offered_are_those_there_are(kind: Kind) -> None:
    told = wording.values(samples.sample(kind), "zh")
    known = VARIABLES[kind]
    assert set(told) | {"qr"} == set(known)
    for name, one in known.items():
        if isinstance(one, Rows):
            assert told[name], f"the sample shows no {name}"
            assert all(set(row) == set(one.fields) for row in told[name])
    english = wording.values(samples.sample(kind), "en")
    assert set(english) == set(told)


def test_rare_names_are_printed_from_the_font_in_the_file() -> None:
    paper = replace(samples.sample(Kind.ANSWER), to=RARE)
    assert isinstance(paper, Answer)
    made = typesetting.pdf(paper)
    assert RARE in pdf_text(made)
    assert RARE in docx_text(filled(paper))
    fonts = embedded_fonts(made)
    assert fonts
    assert all("NotoSerifSC" in name and size > 0 for name, size in fonts)
    assert {ord(sign) for sign in RARE} <= glyphs.covered()
    gbk = {
        sign
        for first in range(0x81, 0xFF)
        for sign in bytes(b for second in range(0x40, 0xFF) for b in (first, second)).decode(
            "gbk", "ignore"
        )
        if "\u4e00" <= sign <= "\u9fff"
    }
    assert len(gbk) == 20902
    assert {ord(sign) for sign in gbk} <= glyphs.covered()


def embedded_fonts(content: bytes) -> list[tuple[str, int]]:
    """Each font of a PDF: its name, and how large the file of it inside is."""
    found = []
    for page in PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            below = font.get_object()["/DescendantFonts"][0].get_object()
            about = below["/FontDescriptor"].get_object()
            file = about.get("/FontFile3") or about["/FontFile2"]
            found.append((str(about["/FontName"]), len(file.get_object().get_data())))
    return found


def test_what_the_font_lacks_is_named() -> None:
    paper = replace(samples.sample(Kind.ANSWER), to="𠮷👍先生", title="维吾尔 ئۇيغۇر")
    made = pdf_text(typesetting.pdf(paper))
    assert "〓〓先生" in bare(made)
    assert "U+20BB7" in made
    assert "U+1F44D" in made
    assert "𠮷👍先生" in docx_text(filled(paper)), "Word has fonts of its own"


def test_the_font_is_the_one_its_page_names() -> None:
    told = (glyphs.FONT.parent / "README.md").read_text("utf-8")
    assert hashlib.sha256(glyphs.FONT.read_bytes()).hexdigest() in told
    assert "SIL OPEN FONT LICENSE" in (glyphs.FONT.parent / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_pdf_is_made_to_last(kind: Kind) -> None:
    made = typesetting.pdf(samples.sample(kind))
    name = wording.values(samples.sample(kind), "zh")["name"]
    about = PdfReader(io.BytesIO(made)).trailer["/Root"]["/Metadata"].get_data().decode()  # type: ignore[index]
    assert re.search(r"pdfaid:part\W+2\b", about)
    assert re.search(r"pdfaid:conformance\W+B\b", about)
    assert PdfReader(io.BytesIO(made)).metadata.title.startswith(name)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_same_facts_are_the_same_bytes(kind: Kind) -> None:
    paper = samples.sample(kind)
    first = (typesetting.pdf(paper), typesetting.pdf(paper, "en"), filled(paper))
    again = samples.sample(kind)
    assert first == (typesetting.pdf(again), typesetting.pdf(again, "en"), filled(again))
    later = replace(paper, made_at=paper.made_at + timedelta(days=1))
    assert typesetting.pdf(later) != first[0]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_draft_says_so(kind: Kind) -> None:
    draft = replace(samples.sample(kind), draft=True)
    assert "草稿，未发出" in pdf_text(typesetting.pdf(draft))
    assert "Draft, not issued" in pdf_text(typesetting.pdf(draft, "en"))
    assert "草稿，未发出" in docx_text(filled(draft))


# The QR code --------------------------------------------------------------------------------


def test_the_code_leads_to_the_case() -> None:
    paper = samples.sample(Kind.SLIP)
    assert paper.address.endswith(paper.case_number)
    expected = matrix_of(paper.address)
    assert modules(*pdf_picture(typesetting.pdf(paper))) == expected
    assert modules(*png_pixels(docx_picture(filled(paper)))) == expected


def test_without_an_address_the_code_holds_the_number_and_says_so() -> None:
    paper = replace(samples.sample(Kind.ORDER), address="")
    made = typesetting.pdf(paper)
    assert modules(*pdf_picture(made)) == matrix_of(paper.case_number)
    assert "二维码只含编号" in pdf_text(made)
    assert "the number only" in pdf_text(typesetting.pdf(paper, "en"))
    assert "二维码只含编号" in docx_text(filled(paper))


def matrix_of(content: str) -> list[list[bool]]:
    made = segno.make(content, error="m", micro=False)
    return [[bool(dark) for dark in row] for row in made.matrix]


def modules(width: int, pixels: list[bool]) -> list[list[bool]]:
    """The modules of a picture of a code: the middle of each, without the border."""
    side = width // codes.SCALE - 2 * codes.BORDER
    middle = codes.SCALE // 2
    at = [(place + codes.BORDER) * codes.SCALE + middle for place in range(side)]
    return [[pixels[y * width + x] for x in at] for y in at]


def pdf_picture(content: bytes) -> tuple[int, list[bool]]:
    """The one picture of a PDF: its width, and which pixels are dark."""
    page = PdfReader(io.BytesIO(content)).pages[0]
    (picture,) = (one.get_object() for one in page["/Resources"]["/XObject"].values())  # type: ignore[index]
    if picture["/Subtype"] != "/Image":
        (picture,) = (one.get_object() for one in picture["/Resources"]["/XObject"].values())
    width, height = int(picture["/Width"]), int(picture["/Height"])
    data, bits = picture.get_data(), int(picture["/BitsPerComponent"])
    assert bits == 8
    depth = len(data) // (width * height)
    return width, [data[at * depth] < 128 for at in range(width * height)]


def docx_picture(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (one for one in archive.namelist() if one.startswith("word/media/"))
        return archive.read(name)


def png_pixels(content: bytes) -> tuple[int, list[bool]]:
    """A black and white PNG: its width, and which pixels are dark."""
    width, height, depth, colour = (
        int.from_bytes(content[16:20], "big"),
        int.from_bytes(content[20:24], "big"),
        content[24],
        content[25],
    )
    assert (depth, colour) == (1, 0)
    at, data = 8, b""
    while at < len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data += content[at + 8 : at + 8 + size] if name == b"IDAT" else b""
        at += 12 + size
    raw, line = bytearray(zlib.decompress(data)), (width + 7) // 8 + 1
    for y in range(height):
        assert raw[y * line] in {0, 2}
        if raw[y * line] == 2:  # told by how it differs from the line above
            for x in range(1, line):
                raw[y * line + x] = (raw[y * line + x] + raw[(y - 1) * line + x]) % 256
    return width, [
        not raw[y * line + 1 + x // 8] >> (7 - x % 8) & 1
        for y in range(height)
        for x in range(width)
    ]


# What people wrote ---------------------------------------------------------------------------


@pytest.mark.parametrize("literal", LITERAL)
def test_what_people_wrote_is_printed_as_they_wrote_it(literal: str) -> None:
    paper = replace(samples.sample(Kind.SLIP), title=literal, body=f"前{literal}后", place=literal)
    assert isinstance(paper, Slip)
    for made in (
        pdf_text(typesetting.pdf(paper)),
        pdf_text(typesetting.pdf(paper, "en")),
        docx_text(filled(paper)),
    ):
        assert bare(f"前{literal}后") in bare(made)


def test_lines_of_a_text_are_paragraphs() -> None:
    paper = replace(samples.sample(Kind.ANSWER), text="第一段。\r\n\r\n第二段。\u2028第三段。")
    opened = docx.Document(io.BytesIO(filled(paper)))
    told = [one.text for one in opened.paragraphs]
    start = told.index("第一段。")
    assert told[start : start + 3] == ["第一段。", "第二段。", "第三段。"]


def test_a_long_text_goes_over_pages_and_one_too_long_is_refused() -> None:
    long = replace(samples.sample(Kind.SLIP), body="路灯不亮，走路看不清。\n" * 9100)
    assert isinstance(long, Slip)
    assert len(long.body) > 100_000
    started = time.perf_counter()
    made = typesetting.pdf(long)
    assert len(PdfReader(io.BytesIO(made)).pages) > 100
    assert docx_text(filled(long)).count("路灯不亮，走路看不清。") == 9100
    assert time.perf_counter() - started < 30
    with pytest.raises(InvalidInput, match="200000 characters"):
        typesetting.pdf(replace(long, body="长" * 200_001))


def test_what_has_no_blanks_stays_on_the_page() -> None:
    paper = replace(samples.sample(Kind.SLIP), place="x" * 200, title="https://" + "y" * 300)
    pages = PdfReader(io.BytesIO(typesetting.pdf(paper))).pages
    edges: list[float] = []

    def note(text: str, _cm: Any, tm: list[float], *_font: Any) -> None:
        if text.strip():
            edges.append(tm[4])

    for page in pages:
        page.extract_text(visitor_text=note)
    assert max(edges) < float(pages[0].mediabox.width)
    assert bare(pdf_text(typesetting.pdf(paper))).count("x") >= 200


@pytest.mark.slow
@QUICKLY
@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=60))
def test_nothing_anybody_writes_breaks_a_paper(to: str, text: str, place: str) -> None:
    paper = replace(samples.sample(Kind.ANSWER), to=to, text=text, place=place, title=to)
    assert typesetting.pdf(paper).startswith(b"%PDF")
    content = filled(paper)
    docx.Document(io.BytesIO(content))


# The templates that ship ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_the_shipped_templates_are_the_ones_that_are_drawn(kind: Kind) -> None:
    assert shipped.path(kind).read_bytes() == shipped.made(kind), "run engine.papers.shipped"


@pytest.mark.parametrize("kind", list(Kind))
def test_the_shipped_templates_name_the_faces_of_official_papers(kind: Kind) -> None:
    with zipfile.ZipFile(shipped.path(kind)) as archive:
        document = archive.read("word/document.xml").decode()
        fonts = archive.read("word/fontTable.xml").decode()
    assert 'w:eastAsia="方正小标宋简体"' in document
    assert 'w:eastAsia="仿宋_GB2312"' in document
    assert "仿宋,华文仿宋" in fonts, "with what to take instead"


@pytest.mark.parametrize("kind", list(Kind))
def test_a_paper_is_made_quickly(kind: Kind) -> None:
    paper = samples.sample(kind)
    typesetting.pdf(paper)
    filled(paper)
    started = time.perf_counter()
    typesetting.pdf(paper)
    filled(paper)
    assert time.perf_counter() - started < 2, "tenths of a second, on an idle machine"


def test_a_paper_of_nothing_but_what_must_be_is_whole() -> None:
    paper = replace(samples.sample(Kind.SLIP), others=(), terms=(), instructions="", place="")
    opened = docx.Document(io.BytesIO(filled(paper)))
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    cells = list(opened.element.iter(f"{word}tc"))
    assert cells
    assert all(cell[-1].tag == f"{word}p" for cell in cells), "else Word will not open it"
    assert "同办单位" not in docx_text(filled(paper))
    assert "时限" not in docx_text(filled(paper)).replace("按时限", "")
