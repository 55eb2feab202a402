"""Pictures are drawn anew (重新编码): what is kept is their pixels and nothing else of the file.

Gone with the rest are where and by which device a photo was taken, and whatever was hidden in or
behind it. What claims more pixels than a camera has is refused before anything is unpacked.
"""

import io
import threading
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import InvalidInput

MOST_PIXELS = 64_000_000  # a large phone camera has 50 million
LONGEST_SIDE = 3000  # of what is kept; enough for a page of A4 at 250 dpi
PNG, JPEG = "image/png", "image/jpeg"
_FORMATS = {PNG: "PNG", JPEG: "JPEG"}
_QUALITY = 88
# Unpacking takes up to eight bytes a pixel: few at a time in a process.
_turns = threading.BoundedSemaphore(2)


def drawn_anew(data: bytes, kind: str) -> bytes:
    """The picture again as a file of the same kind, upright, not larger than `LONGEST_SIDE`.

    kind: PNG or JPEG. Raises `InvalidInput`, field `pixels` (more than `MOST_PIXELS`) or
    `broken`.
    """
    with _turns, warnings.catch_warnings():
        # The size is asked below, before anything is unpacked.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return _drawn(data, kind)
        except Image.DecompressionBombError as error:
            raise _too_many("more than can be") from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
            raise InvalidInput("broken", "a picture that can be read to its end") from error


def _drawn(data: bytes, kind: str) -> bytes:
    with Image.open(io.BytesIO(data), formats=[_FORMATS[kind]]) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise _too_many(str(width * height))
        if kind == JPEG:
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        plain = upright.convert(_mode(upright, kind))
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain.info.clear()
    made = io.BytesIO()
    if kind == JPEG:
        plain.save(made, "JPEG", quality=_QUALITY, optimize=True)
    else:
        plain.save(made, "PNG", optimize=True)
    return made.getvalue()


def _mode(picture: Image.Image, kind: str) -> str:
    if kind == JPEG:
        return "L" if picture.mode == "L" else "RGB"
    return picture.mode if picture.mode in {"L", "LA", "RGB", "RGBA"} else "RGBA"


def _too_many(found: str) -> InvalidInput:
    return InvalidInput("pixels", f"at most {MOST_PIXELS} pixels", found)
