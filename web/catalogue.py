"""The English texts: what is said in the sources, what is translated, and the compiled file.

    python -m web.catalogue update        collect the texts of the sources, keep translations
    python -m web.catalogue set < FILE    add translations, JSON {"中文": "English" | [one, many]}

Both compile afterwards, print the texts that still lack English as JSON, and exit 1 if any does.
"""

import fcntl
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
PO = HERE / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
METHODS = [("static/**", "ignore"), ("assets/**", "ignore"), ("**.py", "python")]
TEMPLATES = [("templates/**.html", "jinja2")]
# Dates stand still, so that the same texts give the same files.
_HEADER: dict[str, Any] = {
    "header_comment": "# English texts of Huiyin.",
    "project": "huiyin",
    "version": "1",
    "msgid_bugs_address": "huiyin",
    "last_translator": "huiyin",
    "language_team": "en",
    "creation_date": datetime(2026, 11, 1, tzinfo=UTC),
    "revision_date": datetime(2026, 11, 1, tzinfo=UTC),
}

Text = str | tuple[str, str]


def said() -> dict[str, Text]:
    """Every text of the sources by its msgid; a pair where it has a plural."""
    found: dict[str, Text] = {}
    for _, _, text, _, _ in extract_from_dir(HERE, METHODS + TEMPLATES, keywords=KEYWORDS):
        if isinstance(text, str):
            found.setdefault(text, text)
        else:
            found[text[0]] = (text[0], text[1])
    return found


def translated() -> dict[str, str | Sequence[str]]:
    """The English of every msgid in the committed file, also of those no longer said."""
    if not PO.exists():
        return {}
    with PO.open("rb") as file:
        catalog = read_po(file, locale="en")
    english: dict[str, str | Sequence[str]] = {}
    for message in [*catalog, *catalog.obsolete.values()]:
        said_once = message.string if isinstance(message.string, str) else message.string[0]
        if message.id and said_once:
            english[_msgid(message)] = message.string
    return english


def _msgid(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def catalog_of(texts: Mapping[str, Text], english: Mapping[str, str | Sequence[str]]) -> Catalog:
    """A catalogue of `texts` in alphabetical order with the English there is."""
    catalog = Catalog(locale="en", fuzzy=False, **_HEADER)
    for msgid in sorted(texts):
        text, string = texts[msgid], english.get(msgid, "")
        if isinstance(text, tuple):
            string = [string, string] if isinstance(string, str) else list(string)
        elif not isinstance(string, str):
            string = string[0]
        flags = ["python-format"] if "%(" in msgid else []
        catalog.add(text, tuple(string) if isinstance(string, list) else string, flags=flags)
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the .mo file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def missing() -> list[str]:
    """The msgids of the sources that have no English."""
    english = translated()
    return sorted(msgid for msgid in said() if msgid not in english)


def update(added: Mapping[str, str | Sequence[str]] | None = None) -> list[str]:
    """Write both files anew from the sources; give the msgids still without English.

    added: translations to put in; those of texts not said (yet) are kept for the next update.
    """
    with _alone():
        english = translated() | dict(added or {})
        texts = said()
        catalog = catalog_of(texts, english)
        unsaid = {m: english[m] for m in english if m not in texts}
        old = catalog_of({m: m if isinstance(unsaid[m], str) else (m, m) for m in unsaid}, unsaid)
        catalog.obsolete.update({_msgid(m): m for m in old if m.id})
        PO.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        write_po(buffer, catalog, no_location=True, width=100)
        PO.write_bytes(buffer.getvalue())
        MO.write_bytes(compiled(catalog))
    return sorted(msgid for msgid in texts if msgid not in english)


@contextmanager
def _alone() -> Iterator[None]:
    """One writer at a time, when several people translate on one machine."""
    PO.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(PO.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main(arguments: Sequence[str]) -> int:
    """The command line above; 2 if it is misused."""
    if list(arguments) == ["update"]:
        left = update()
    elif list(arguments) == ["set"]:
        left = update(json.load(sys.stdin))
    else:
        sys.stderr.write("usage: python -m web.catalogue update | set\n")
        return 2
    sys.stdout.write(json.dumps(left, ensure_ascii=False, indent=1) + "\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
