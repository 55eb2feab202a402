"""Files are kept by content, whole or not at all; what is not on the list is refused."""

import hashlib
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import files
from engine.commands import evidence
from engine.db import Sessions, reading, transaction
from engine.errors import InvalidAnswers, InvalidInput, NotFound
from engine.files import Files
from engine.models import Evidence
from tests.story import Story

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (PDF, "application/pdf"),
        ("路灯修好了。\r\n䶮\t".encode(), "text/plain"),
        ("路灯修好了。".encode("gb18030"), "text/plain"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        (b"GIF89a\x01\x00", None),
        (b"PK\x03\x04" + bytes(30), None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF\x02\x01", None),
        (b"\xff\xfe\x00\x01", None),
        (b"bell \x07", None),
    ],
)
def test_what_a_file_is_is_read_from_its_bytes(data: bytes, kind: str | None) -> None:
    assert files.media_type(data) == kind


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    store = Files.at(tmp_path)
    first, second = store.put(io.BytesIO(PNG)), store.put(io.BytesIO(PNG))
    assert first == second
    assert first.sha256 == hashlib.sha256(PNG).hexdigest()
    assert store.path(first.sha256).read_bytes() == PNG
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
    sent = [(f"{n}.png", io.BytesIO(PNG + bytes([n]))) for n in range(20)]
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
        ("前.png", "image/png", len(PNG), by)
    ]
