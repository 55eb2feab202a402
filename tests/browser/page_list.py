"""The written list of docs/pages.md: each check looks at the open page and gives its faults.

A check is a function of a `Visitor`; no line is no fault.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.conftest import PHONE, Visitor
from tests.databases import ROOT

DOCUMENT = ROOT / "docs" / "pages.md"
HAN = re.compile(r"[\u3400-\u9fff]")
NOTHING = "—"
_SCRIPTS = (Path(__file__).parent / "page_list.js").read_text(encoding="utf-8").rstrip().rstrip(";")
_TABS = 300  # of a page's tab stops, so many are walked: a matrix is made of links
_AT_ONCE = 20

# How clocks speak; see web.clocks.
_CLOCK = {
    "zh": re.compile(r"^(剩|超期|暂停|按时|已|今天|超|到期|晚|迟|刚|不到)"),
    "en": re.compile(r"(left|over|late|time|held|paused|suspended|due|stopped|just|met)", re.I),
}


@dataclass(frozen=True)
class Row:
    """One page as the table of docs/pages.md says it.

    key: its rule, and after it what is done there. who: the sign-in name, empty for everybody.
    action: words on the control that is the way on. empty: the query that leaves nothing to show.
    """

    key: str
    who: str
    does: str
    action: str
    empty: str
    refused: bool

    @property
    def rule(self) -> str:
        """The rule of the application's map."""
        return self.key.split(" ")[0]


def table(heading: str, document: Path = DOCUMENT) -> list[list[str]]:
    """The rows of the table under a heading of the document."""
    _, found, after = document.read_text(encoding="utf-8").partition(f"## {heading}\n")
    assert found, f"no “{heading}” in {document.name}"
    lines = after.split("\n## ")[0].splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return cells[2:]


def pages() -> list[Row]:
    """Every page of the product."""
    told = []
    for cells in table("The pages"):
        plain = ["" if cell == NOTHING else cell.strip("`") for cell in cells]
        login = "" if plain[1] == "everybody" else plain[1]
        told.append(Row(plain[0], login, plain[2], plain[3], plain[4], bool(plain[5])))
    return told


def title_and_heading(who: Visitor) -> list[str]:
    """A title that says something, one h1, the landmarks, a language."""
    seen = _run(who, "landmarks")
    faults = []
    own, _, ours = seen["title"].rpartition(" · ")
    if not own.strip() or not ours.strip():
        faults.append(f"title “{seen['title']}”: what one does, then whose page it is")
    if seen["h1"] != 1:
        faults.append(f"{seen['h1']} h1")
    if seen["mains"] != 1 or seen["headers"] != 1:
        faults.append("one main and one header")
    if seen["first"] != "skip" or not seen["aim"]:
        faults.append("the first link skips to main")
    if seen["lang"] not in {"zh-CN", "en"}:
        faults.append(f"lang “{seen['lang']}”")
    faults += [f"a link to {aim}, which is not there" for aim in seen["dead"]]
    return faults + [f"the id {one} twice" for one in seen["ids"]]


def fits(who: Visitor) -> list[str]:
    """Nothing scrolls sideways; on a phone every control is 44 px high."""
    faults = [] if who.width_is_kept() else ["scrolls sideways"]
    if who.page.viewport_size and who.page.viewport_size["width"] > PHONE["width"]:
        return faults
    small = _run(who, "low")
    return faults + [f"{one} high" for one in dict.fromkeys(small)]


def one_language(who: Visitor) -> list[str]:
    """Only the page's language, but for what is marked as the other or is no language."""
    seen = _run(who, "words")
    wrong = HAN if seen["english"] else re.compile(r"[a-z]{3,}")
    # Names of things, of people who sign in, addresses and file names are the same in both.
    same = re.compile(
        r"https?://\S+|\bchinesecalendar\b|\.?docx\b|\bWord\b|\b[a-z]+\.[a-z]+\b|\bhuiyin\b|\bvm\b|\b\w+:\d+\b"
    )
    found = (" ".join(text.split()) for text in seen["said"])
    return [
        f"{'Chinese' if seen['english'] else 'English'}: {text[:80]}"
        for text in dict.fromkeys(found)
        if wrong.search(same.sub(" ", text))
    ]


def clocks(who: Visitor) -> list[str]:
    """Every due badge says in words how much time is left, and in its title the instant."""
    seen = _run(who, "badges")
    faults = []
    for badge in seen:
        if not _CLOCK[badge["lang"]].search(badge["text"]):
            faults.append(f"badge “{badge['text']}” does not say how much time")
        if not badge["held"] and not badge["met"] and not re.search(r"\d+:\d\d", badge["title"]):
            faults.append(f"badge “{badge['text']}” has no instant in its title")
        if badge["cut"]:
            faults.append(f"badge “{badge['text']}” is cut")
    return list(dict.fromkeys(faults))


def accessible(who: Visitor) -> list[str]:
    """What axe finds."""
    return who.axe()


def by_keyboard(who: Visitor, action: str) -> list[str]:
    """Tab goes as one reads, the focus is seen, skips, and reaches the page's main action."""
    faults: list[str] = []
    _run(who, "atTheTop")  # a page may have put the focus where one types
    _run(who, "watch")
    stops: list[dict[str, Any]] = []
    for _ in range(_TABS // _AT_ONCE):
        for _ in range(_AT_ONCE):
            who.page.keyboard.press("Tab")
        walked = _run(who, "stops")
        stops = walked["seen"]
        if walked["around"]:
            break
    if not stops or stops[0]["cls"] != "skip":
        faults.append("the first stop is the skip link")
    last = -1
    for stop in stops:
        if stop["place"] < last and not stop["theirs"]:
            faults.append(f"“{stop['text']}” comes out of the order of reading")
        last = stop["place"]
        if not stop["seen"]:
            faults.append(f"the focus is not seen on “{stop['text']}”")
        if stop["hidden"] and not stop["theirs"]:
            faults.append(f"“{stop['text']}” has the focus under something else")
    if action and not any(action in stop["text"] for stop in stops):
        faults.append(f"no key leads to “{action}”")
    who.page.evaluate("document.querySelector('a.skip').focus()")
    who.page.keyboard.press("Enter")
    if _run(who, "focused") != "main":
        faults.append("the skip link does not lead to main")
    return faults


def on_paper(who: Visitor) -> list[str]:
    """Printed: what one cannot press on paper is gone, what one reads is there."""
    who.page.emulate_media(media="print")
    seen = _run(who, "papers")
    who.page.emulate_media(media="screen")
    faults = [f"{one} is printed" for one in dict.fromkeys(seen["left"])]
    if not seen["heading"] or not seen["read"]:
        faults.append("nothing to read is printed")
    return faults


def nothing_there(who: Visitor) -> list[str]:
    """The empty state says why, and has a way on."""
    seen = _run(who, "empties")
    if not seen:
        return ["no empty state"]
    return [
        f"the empty state lacks {part}"
        for one in seen
        for part in ("heading", "words", "way")
        if not one[part]
    ]


def refused(who: Visitor) -> list[str]:
    """A form sent with nothing in it: 422, said on top and at the fields, nothing lost."""
    form = who.page.locator("form[data-main]").first
    for control in form.locator("input[type=text], input:not([type]), textarea").all():
        if control.is_visible() and control.is_editable():
            control.fill("")
    with who.page.expect_navigation() as posted:  # a draft may be kept before the form goes
        form.locator("button.btn--primary").first.click()
    who.page.wait_for_load_state()
    faults = [] if posted.value.status == 422 else [f"answered {posted.value.status}, not 422"]
    seen = _run(who, "refusal")
    prefix = "Error: " if seen["lang"] == "en" else "错误："
    if not seen["title"].startswith(prefix):
        faults.append(f"the title “{seen['title']}” does not begin with “{prefix}”")
    if not seen["told"] or seen["alert"] != "alert":
        faults.append("no summary of what is wrong")
    faults += [f"“{text}” is not said at its field" for text in seen["bad"]]
    return faults + one_language(who)


def without_scripts(who: Visitor, action: str) -> list[str]:
    """Without JavaScript the way on is a link or a button of a form."""
    faults = [] if who.page.locator("h1").count() == 1 else ["no h1"]
    if not action:
        return faults
    ways = who.page.locator("a[href], form button, form input[type=submit]")
    if not ways.filter(has_text=action).count():
        faults.append(f"no “{action}” without JavaScript")
    return faults


def _run(who: Visitor, name: str) -> Any:
    """Ask the page with a function of page_list.js."""
    return who.page.evaluate(f"({_SCRIPTS})[{name!r}]()")


Check = Callable[[Visitor], list[str]]


def found(who: Visitor, where: str, *checks: Check, **named: Check) -> list[str]:
    """The faults that these checks find, each with where it is and the check's name."""
    every = {check.__name__: check for check in checks} | named
    return [f"{where} {name}: {told}" for name, check in every.items() for told in check(who)]


QUICK: tuple[Check, ...] = (title_and_heading, fits, one_language, clocks)
