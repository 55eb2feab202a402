"""Files are kept by content, whole or not at all; what is not on the list is refused."""

import hashlib
import io
import sys
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from engine import file_kinds, files, pictures
from engine.commands import evidence
from engine.db import Sessions, reading, transaction
from engine.errors import InvalidAnswers, InvalidInput, NotFound
from engine.files import Files
from engine.models import Evidence
from engine.scanning import Scanner
from tests import photos
from tests.story import Story

PNG, JPEG = photos.png(), photos.photo()
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (PDF, "application/pdf"),
        ("路灯修好了。\r\n䶮\t".encode(), "text/plain"),
        ("路灯修好了。".encode("gb18030"), "text/plain"),
        (b"a < b and <c> said so", "text/plain"),
    ],
)
def test_what_a_file_is_is_read_from_its_bytes(data: bytes, kind: str) -> None:
    assert file_kinds.kind_of(data) == kind


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GIF89a\x01\x00", "type"),
        (b"PK\x03\x04" + bytes(30), "type"),
        (b"MZ\x90\x00\x03", "type"),
        (b"\x7fELF\x02\x01", "type"),
        (b"\xff\xfe\x00\x01", "type"),
        (b"bell \x07", "type"),
        (b"<html><script>alert(1)</script>", "markup"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><svg onload="x()"/>', "markup"),
        (b"  <SVG xmlns='http://www.w3.org/2000/svg'/>", "markup"),
        (PDF[:20], "broken"),
        (b"%PDF-1.4\n<script>alert(1)</script>\n%%EOF", "double"),
        (PDF + b"PK\x05\x06" + bytes(18) + b"%%EOF", "double"),
    ],
)
def test_what_is_not_taken_has_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        file_kinds.kind_of(data)
    assert refusal.value.field == why


def test_a_picture_loses_all_but_its_pixels() -> None:
    assert b"Kamera 7" in JPEG
    hidden = JPEG + b"PK\x05\x06<script>alert(1)</script>"
    made = pictures.drawn_anew(hidden, "image/jpeg")
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.size == (40, 30)
        assert not picture.getexif()
    assert b"Kamera" not in made
    assert b"<script>" not in made


def test_a_picture_stands_upright_and_is_not_larger_than_a_page_needs() -> None:
    turned = pictures.drawn_anew(photos.photo(turned=True), "image/jpeg")
    wide = pictures.drawn_anew(photos.png(size=(6000, 40)), "image/png")
    with Image.open(io.BytesIO(turned)) as one, Image.open(io.BytesIO(wide)) as other:
        assert one.size == (30, 40)
        assert other.size == (pictures.LONGEST_SIDE, 20)


@pytest.mark.parametrize(
    ("data", "why"), [(photos.bomb(), "pixels"), (PNG[:40], "broken"), (JPEG[:300], "broken")]
)
def test_a_picture_that_cannot_be_drawn_is_refused(data: bytes, why: str) -> None:
    kind = file_kinds.kind_of(data)
    with pytest.raises(InvalidInput) as refusal:
        pictures.drawn_anew(data, kind)
    assert refusal.value.field == why


def scanner(folder: Path, script: str, seconds: int = 20) -> Scanner:
    """A scanner that is a small program of our own."""
    program = folder / "scan.py"
    program.write_text(script, "utf-8")
    return Scanner((sys.executable, str(program)), seconds)


def test_the_scanner_sees_what_was_sent_and_its_word_counts(tmp_path: Path) -> None:
    found = "import sys; sys.exit(b'EICAR' in open(sys.argv[1], 'rb').read())"
    looking = scanner(tmp_path, found)
    looking.look_at(b"nothing here")
    with pytest.raises(InvalidInput) as refusal:
        Files.at(tmp_path).put(io.BytesIO(b"an EICAR test"), looking)
    assert refusal.value.field == "virus"
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize("script", ["raise SystemExit(2)", "import time; time.sleep(60)"])
def test_a_scanner_that_cannot_tell_lets_nothing_in(tmp_path: Path, script: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        scanner(tmp_path, script, 1).look_at(b"x")
    assert refusal.value.field == "scanner"
    with pytest.raises(InvalidInput) as refusal:
        Scanner((str(tmp_path / "not-there"),), 1).look_at(b"x")
    assert refusal.value.field == "scanner"


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    store = Files.at(tmp_path)
    first, second = store.put(io.BytesIO(PNG)), store.put(io.BytesIO(PNG))
    assert first == second
    assert first.sha256 == hashlib.sha256(store.path(first.sha256).read_bytes()).hexdigest()
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == [store.path(first.sha256)]


@pytest.mark.parametrize(
    ("data", "field"),
    [(b"", "empty"), (b"GIF89a\x00", "type"), (PNG + bytes(files.LARGEST), "size")],
)
def test_a_refused_file_leaves_nothing(tmp_path: Path, data: bytes, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Files.at(tmp_path).put(io.BytesIO(data))
    assert refusal.value.field == field
    assert not (tmp_path / "files").exists()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        Files.at(tmp_path).put(io.BytesIO(PNG))
    assert not [p for p in (tmp_path / "files").rglob("*") if p.is_file()]


@pytest.mark.parametrize("name", ["", "x" * 64, "../" * 21 + "a", "A" * 64, "0" * 63, "0" * 64])
def test_only_a_hash_that_is_there_names_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Files.at(tmp_path).path(name)


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("修后.jpg", "修后.jpg"),
        ("C:\\照片\\修后.jpg", "修后.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.png", "ab.png"),
        ("灯" * 300 + ".jpeg", "灯" * 115 + ".jpeg"),
        (".jpg", "jpg"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_names_are_names_and_no_paths(given: str, tidy: str) -> None:
    assert evidence.tidy_name(given) == tidy


def test_refusals_name_the_file_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        evidence.keep(
            Files.at(tmp_path),
            {
                "evidence": [("修后.gif", io.BytesIO(b"GIF89a\x00"))],
                "empty": [("无.txt", io.BytesIO(b""))],
                "large": [("大.png", io.BytesIO(PNG + bytes(files.LARGEST)))],
                "good": [("好.png", io.BytesIO(PNG))],
            },
        )
    said = refusal.value.fields
    assert set(said) == {"evidence", "empty", "large"}
    assert said["evidence"]["zh"].startswith("「修后.gif」不是照片")
    assert "“修后.gif” is no picture" in said["evidence"]["en"]
    assert "超过 10 MB" in said["large"]["zh"]
    assert "is empty" in said["empty"]["en"]


def test_more_than_twenty_are_refused_before_any_is_kept(tmp_path: Path) -> None:
    sent = [(f"{n}.png", io.BytesIO(photos.png(n))) for n in range(20)]
    with pytest.raises(InvalidAnswers) as refusal:
        evidence.keep(Files.at(tmp_path), {"evidence": sent}, already=1)
    assert "20" in refusal.value.fields["evidence"]["zh"]
    assert not (tmp_path / "files").exists()


def test_evidence_is_written_once_for_a_case(
    story: Story, sessions: Sessions, tmp_path: Path
) -> None:
    story.receives()
    kept = evidence.keep(
        Files.at(tmp_path),
        {"evidence": [("前.png", io.BytesIO(PNG)), ("同一张.png", io.BytesIO(PNG))]},
    )["evidence"]
    assert [one.name for one in kept] == ["前.png"]
    by = story.actor("shui.dian").id
    for _ in range(2):
        with transaction(sessions) as session:
            evidence.add(session, story.case.id, kept, by=by)
    with transaction(sessions) as session:
        evidence.add(session, story.case.id, [], by=by)
    with reading(sessions) as session:
        found = list(session.scalars(select(Evidence)))
    assert [(one.name, one.media_type, one.size, one.added_by) for one in found] == [
        ("前.png", "image/png", kept[0].size, by)
    ]


def test_pictures_before_and_after_are_paired_in_their_order(
    story: Story, sessions: Sessions, tmp_path: Path
) -> None:
    story.receives()
    by = story.actor("shui.dian").id
    sent = {
        "before": [("前1.png", io.BytesIO(photos.png(1))), ("前2.png", io.BytesIO(photos.png(2)))],
        "after": [("后1.png", io.BytesIO(photos.png(3)))],
    }
    phases = {"before": "before", "after": "after"}
    kept = evidence.keep(Files.at(tmp_path), sent, phases=phases)
    later = {"after": [("后2.png", io.BytesIO(photos.png(4))), ("说明.txt", io.BytesIO(b"x"))]}
    more = evidence.keep(Files.at(tmp_path), later, phases=phases)
    for several in (kept["before"] + kept["after"], more["after"]):
        with transaction(sessions) as session:
            evidence.add(session, story.case.id, several, by=by)
    with reading(sessions) as session:
        found = {one.name: (one.phase, one.pair) for one in session.scalars(select(Evidence)).all()}
    assert found == {
        "前1.png": ("before", 1),
        "前2.png": ("before", 2),
        "后1.png": ("after", 1),
        "后2.png": ("after", 2),
        "说明.txt": ("", 0),
    }
