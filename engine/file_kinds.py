"""What a file is (文件类型), read from its bytes and never from its name.

Four kinds are taken. What a browser might run is refused although it is text, and so is a PDF
that is something else besides.
"""

import codecs
import re
import unicodedata

import filetype

from engine.errors import InvalidInput

PNG, JPEG, PDF, TEXT = "image/png", "image/jpeg", "application/pdf", "text/plain"
PICTURES = frozenset({PNG, JPEG})
_LONGEST_NAME = 262  # bytes that `filetype` looks at
_MARKUP = re.compile(
    r"\s*<(\?xml|!doctype|!--|html|head|body|svg|script|iframe|math|style)\b", re.IGNORECASE
)
_IN_A_HEAD = re.compile(rb"<(script|html|svg|!doctype)", re.IGNORECASE)
_HEAD, _TAIL = 1024, 66_000  # where the second nature of a double file is written
_END_OF_PDF, _END_OF_ZIP = b"%%EOF", b"PK\x05\x06"


def kind_of(data: bytes) -> str:
    """One of the four kinds.

    Raises `InvalidInput`, field `type`, `markup`, `double` or `broken`.
    """
    guess = filetype.guess(data[:_LONGEST_NAME])
    kind = guess.mime if guess else TEXT
    if kind == TEXT and not _is_text(data):
        raise InvalidInput("type", "PNG, JPEG, PDF or plain text")
    if kind == TEXT and _MARKUP.match(_decoded(data[: 4 * _HEAD])):
        raise InvalidInput("markup", "text that no browser would run")
    if kind not in {*PICTURES, PDF, TEXT}:
        raise InvalidInput("type", "PNG, JPEG, PDF or plain text")
    if kind == PDF:
        _check_pdf(data)
    return kind


def _check_pdf(data: bytes) -> None:
    if not data.startswith(b"%PDF-") or _END_OF_PDF not in data[-2 * _HEAD :]:
        raise InvalidInput("broken", "a PDF from its first to its last line")
    if _IN_A_HEAD.search(data[:_HEAD]) or _END_OF_ZIP in data[-_TAIL:]:
        raise InvalidInput("double", "a file that is one thing only")


def _is_text(data: bytes) -> bool:
    """Whether the bytes read as text, in UTF-8 or in the encoding of older Chinese systems."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = codecs.decode(data, encoding)
        except UnicodeDecodeError:
            continue
        return not any(
            unicodedata.category(c) in ("Cc", "Cn") and c not in "\t\n\r\f" for c in text
        )
    return False


def _decoded(start: bytes) -> str:
    return start.removeprefix(codecs.BOM_UTF8).decode("latin-1")
