"""What a request may carry: JSON that is small, flat and plain, or a form with files."""

from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from engine.errors import TooLarge
from web.security import SAFE_METHODS

MEGABYTE = 1024 * 1024
LARGEST_JSON = MEGABYTE
LARGEST_DEPLOYMENT = 5 * MEGABYTE
DEEPEST = 20
LARGEST_NUMBER = 2**53 - 1  # what every JSON reader takes for the same number
FORMS = frozenset({"api.deploy"})  # endpoints that take a form with files


def check() -> None:
    """Refuse what cannot be read, before anything is done with it.

    Raises `TooLarge`, 400 with what is wrong, 415 for another content type.
    """
    if "\0" in request.path or any("\0" in text for pair in _arguments() for text in pair):
        raise BadRequest("The address contains a NUL character.")
    if request.method in SAFE_METHODS:
        return
    takes_form = request.endpoint in FORMS
    largest = LARGEST_DEPLOYMENT if takes_form else LARGEST_JSON
    too_large = TooLarge(f"At most {largest // MEGABYTE} MB are taken here.", largest=largest)
    request.max_content_length = largest + 1  # a body of unknown length is cut off there
    if (request.content_length or 0) > largest:
        raise too_large
    if takes_form:
        _expect("multipart/form-data")
        return
    content = request.get_data(cache=True)
    if len(content) > largest:
        raise too_large
    if content:
        _expect("application/json")
        _read(content)


def plain(value: Any) -> Any:
    """JSON with its numbers in one spelling: 5.0 is 5, as JSON Schema sees it."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _arguments() -> list[tuple[str, str]]:
    return list(request.args.items(multi=True))


def _expect(media_type: str) -> None:
    if request.mimetype != media_type:
        raise UnsupportedMediaType(
            f"Expected {media_type}, found {request.mimetype[:60] or 'no content type'}."
        )


def _read(content: bytes) -> None:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON in UTF-8: {error.msg}.") from error
    _walk(value, 0)


def _walk(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise BadRequest(f"The body is nested more than {DEEPEST} levels deep.")
    if isinstance(value, dict):
        for name, one in value.items():
            _walk(name, depth)
            _walk(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _walk(one, depth + 1)
    elif isinstance(value, str):
        if "\0" in value:
            raise BadRequest("A text contains a NUL character.")
    elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
        raise BadRequest("A number is beyond ±(2⁵³ - 1).")
