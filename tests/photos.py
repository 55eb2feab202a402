"""Pictures as cameras make them, for tests that send files."""

import io
import struct
import zlib

from PIL import Image

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F


def png(shade: int = 120, size: tuple[int, int] = (8, 6)) -> bytes:
    """A small picture of one colour."""
    made = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 60)).save(made, "PNG")
    return made.getvalue()


def photo(size: tuple[int, int] = (40, 30), *, turned: bool = False) -> bytes:
    """A JPEG that says where and with what it was taken; turned: the camera lay on its side."""
    picture = Image.new("RGB", size, (20, 160, 90))
    about = Image.Exif()
    about[MAKER] = "Kamera 7"
    about.get_ifd(GPS)[2] = (25.0, 16.0, 30.0)
    if turned:
        about[ORIENTATION] = 6
    made = io.BytesIO()
    picture.save(made, "JPEG", exif=about)
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 400 million pixels."""
    head = png()
    width = (20_000).to_bytes(4, "big")
    ihdr = b"IHDR" + width + width + head[24:29]
    return head[:12] + ihdr + struct.pack(">I", zlib.crc32(ihdr)) + head[33:]
