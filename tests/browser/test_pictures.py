"""The pictures of README and tour are those that `make pictures` makes: no more, no fewer."""

import json
import re
import struct
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import pictures
from tests.databases import ROOT, WORKFLOWS
from web import catalogue

PAGES = (ROOT / "README.md", ROOT / "docs" / "tour.md")
LARGEST = 200_000  # bytes
_LINK = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


def shown(page: Path) -> set[Path]:
    return {(page.parent / link).resolve() for link in _LINK.findall(page.read_text("utf-8"))}


def test_every_picture_named_is_made_and_every_one_made_is_named() -> None:
    made = {pictures.FOLDER / name for picture in pictures.PICTURES for _, name in picture.files()}
    assert set().union(*(shown(page) for page in PAGES)) == made
    assert set(pictures.FOLDER.iterdir()) == made


@pytest.mark.parametrize("path", sorted(pictures.FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_a_small_palette_of_the_size_that_is_taken(path: Path) -> None:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < LARGEST
    width, _height, _depth, colours = struct.unpack(">IIBB", data[16:26])
    assert width in {pictures.WIDTH, pictures.PHONE["width"]}
    assert colours == 3


def test_the_tour_has_ten_steps_each_with_who_and_a_picture() -> None:
    steps = (ROOT / "docs" / "tour.md").read_text("utf-8").split("\n## ")[1:]
    assert [step.split(".")[0] for step in steps[:10]] == [str(n) for n in range(1, 11)]
    for step in steps[:10]:
        assert _LINK.search(step), step.splitlines()[0]


def test_the_tour_calls_things_as_the_pages_do() -> None:
    english = {text for text in catalogue.translated().values() if isinstance(text, str)}
    tour = (ROOT / "docs" / "tour.md").read_text("utf-8")
    assert set(re.findall(r"\*\*([^*]+)\*\*", tour)) <= english


def test_the_people_of_the_tour_may_sign_in() -> None:
    people = {
        person["login"]
        for path in sorted(WORKFLOWS.glob("packs/*/organisation.json"))
        for person in json.loads(path.read_text("utf-8"))["persons"]
    }
    tour = (ROOT / "docs" / "tour.md").read_text("utf-8")
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", tour)) <= people
    assert {picture.who for picture in pictures.PICTURES} - {""} <= people


@pytest.mark.browser
def test_a_picture_keeps_what_can_be_seen(browser: Browser) -> None:
    page = browser.new_page(viewport=pictures.PHONE)
    page.set_content("<h1>回音</h1><p>An echo for every voice.</p>")
    png = page.screenshot()
    less = pictures.small(png, page)
    page.set_content(f'<img src="data:image/png;base64,{b64encode(less).decode()}">')
    seen = page.locator("img").evaluate("e => [e.naturalWidth, e.naturalHeight]")
    page.close()
    assert seen == list(pictures.PHONE.values())
    assert len(less) < len(png)
