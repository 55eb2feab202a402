"""The QR code of a paper (二维码)."""

import io

import segno

BORDER = 2
SCALE = 6  # pixels of a module, so that no printer blurs it


def png(content: str) -> bytes:
    """A QR code as a black and white picture, always the same for the same content."""
    written = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        written, kind="png", scale=SCALE, border=BORDER
    )
    return written.getvalue()
