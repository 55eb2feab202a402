"""Answers to the studio's scripts: JSON, and what went wrong in a sentence the page can show."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import HuiyinError, InvalidInput, Unavailable
from web import problems

LARGEST_BODY = 16_000_000  # bytes of JSON: a file of 6 MB whose every character is escaped, nearly
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def in_words(view: View) -> View:
    """Mark a view whose refusals a script reads: `{"said", "code"}` with the error's status."""

    @wraps(view)
    def answer(*args: Any, **named: Any) -> ResponseReturnValue:
        try:
            return view(*args, **named)
        except Unavailable:
            raise  # the server's own page, without asking the database who asked
        except HuiyinError as error:
            problem = problems.problem_of(error)
            told = {"said": f"{problem.title}：{problem.advice}", "code": error.code}
            return jsonify({**told, **_where(error)}), problem.status

    return answer  # type: ignore[return-value]


def body() -> Mapping[str, Any]:
    """The JSON object that was posted. Raises `InvalidInput`; 413 if it is too large."""
    request.max_content_length = LARGEST_BODY
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise InvalidInput("body", "a JSON object")
    return told


def text(told: Mapping[str, Any], name: str, longest: int) -> str:
    """A text of the body. Raises `InvalidInput`."""
    value = told.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidInput(name, f"a text of at most {longest} characters")
    return value


def whole(told: Mapping[str, Any], name: str) -> int:
    """A number of the body, from 0. Raises `InvalidInput`."""
    value = told.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise InvalidInput(name, "a whole number from 0")
    return value


def content(value: object, name: str = "content") -> bytes:
    """A file's text as bytes. Raises `InvalidInput`."""
    try:
        if isinstance(value, str):
            return value.encode("utf-8")
    except UnicodeEncodeError:
        pass  # half a character: no file holds that
    raise InvalidInput(name, "the text of a file")


def _where(error: HuiyinError) -> dict[str, str]:
    return {"field": error.field} if isinstance(error, InvalidInput) else {}
