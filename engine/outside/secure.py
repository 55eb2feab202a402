"""Whom we believe when we speak to the outside: the machine's certificates and the office's."""

import ssl
from pathlib import Path


def trust(ca: Path | None) -> ssl.SSLContext:
    """Certificates are checked, always. ca: a file with more that are believed."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context
