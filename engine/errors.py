"""What can go wrong, in the words of the domain.

The engine raises these; `web.problems` alone knows their HTTP status.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class HuiyinError(Exception):
    """The request could not be carried out.

    The docstring is the default message; `code` is stable and part of the API.
    """

    code = "error"

    def __init__(self, message: str = "", **details: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.details = details
        super().__init__(self.message)


class NotFound(HuiyinError):
    """No such thing."""

    code = "not-found"


class NotAllowed(HuiyinError):
    """Not permitted to this person."""

    code = "not-allowed"


class Conflict(HuiyinError):
    """The case has moved on since it was read."""

    code = "conflict"


class Crossed(Conflict):
    """Two acts crossed on the same rows, and this one wrote nothing; do it once more."""

    code = "crossed"


class InvalidInput(HuiyinError):
    """A value is not what was expected.

    field: what was wrong; expected, found: in words, `found` without a citizen's text.
    """

    code = "invalid-input"

    def __init__(self, field: str, expected: str, found: str = "") -> None:
        message = f"{field}: expected {expected}" + (f", found {found}" if found else "")
        super().__init__(message, field=field, expected=expected, found=found)
        self.field = field
        self.expected = expected
        self.found = found


class InvalidAnswers(HuiyinError):
    """Some answers do not fit the form.

    fields: field -> {"zh": sentence, "en": sentence}.
    """

    code = "invalid-answers"

    def __init__(self, fields: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(fields={name: dict(texts) for name, texts in fields.items()})
        self.fields = dict(fields)


class InvalidDiagram(HuiyinError):
    """The diagram cannot be deployed.

    faults: every fault found, each with `as_dict()` of
    `{file, element, name, line, rule, severity, message}`.
    """

    code = "invalid-diagram"

    def __init__(self, faults: Sequence[Any], message: str = "") -> None:
        super().__init__(message, faults=[fault.as_dict() for fault in faults])
        self.faults = list(faults)


class InvalidPack(HuiyinError):
    """The pack cannot be used."""

    code = "invalid-pack"


class StepFailed(HuiyinError):
    """A step of the process failed; an operator was told.

    element: the BPMN id; reason: what failed and what was expected, without a citizen's text.
    """

    code = "step-failed"

    def __init__(self, element: str, reason: str) -> None:
        message = f"{element}: {reason}" if element else reason
        super().__init__(message, element=element, reason=reason)
        self.element = element
        self.reason = reason


class UnknownState(StepFailed):
    """The stored state cannot be read; an operator was told.

    A newer version wrote it, or it is damaged. Nothing was changed. No element is known.
    """

    code = "unknown-state"

    def __init__(self, reason: str = "the stored state cannot be read") -> None:
        super().__init__("", reason)


class SignInRefused(HuiyinError):
    """Name and password do not match."""

    code = "sign-in-refused"

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__(until=until)
        self.until = until


class TooMany(HuiyinError):
    """Too many attempts; wait before the next."""

    code = "too-many"


class TooLarge(HuiyinError):
    """More was sent than is taken."""

    code = "too-large"


class Unavailable(HuiyinError):
    """The database takes nothing at this moment; ask again soon.

    reason: "away", "full" (no space on its disk) or "busy" (held by something else for too long).
    """

    code = "unavailable"
    _WORDS: Mapping[str, str] = {
        "away": "The database is away at this moment; ask again soon.",
        "full": "The disk is full: nothing can be written at this moment.",
        "busy": "The database is held by something else; ask again soon.",
    }

    def __init__(self, reason: str = "away") -> None:
        super().__init__(self._WORDS[reason], reason=reason)
        self.reason = reason
