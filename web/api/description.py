"""The description of the API: OpenAPI 3, made from the schemas that check each request."""

from typing import Any

from apiflask import APIFlask

from web.api.bodies import LARGEST_DEPLOYMENT, LARGEST_JSON, MEGABYTE

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457, with the error's own details.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "example": "urn:huiyin:problem:conflict"},
        "title": {"type": "string", "description": "In the language asked for."},
        "status": {"type": "integer"},
        "code": {"type": "string", "example": "conflict"},
        "detail": {"type": "string", "description": "What was expected and what was found."},
        "fields": {
            "type": "object",
            "description": "Field -> what is wrong with it.",
            "additionalProperties": {
                "type": "object",
                "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
            },
        },
        "faults": {
            "type": "array",
            "description": "What `huiyin lint --format json` prints.",
            "items": {"$ref": "#/components/schemas/FaultOut"},
        },
    },
    "additionalProperties": True,
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 80 visible ASCII characters; a repeat gets the first answer, with "
    "`Idempotent-Replay: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 80},
}
_WORDS = {
    400: "The request cannot be read.",
    401: "No token, or one that is not good (any more).",
    403: "Not permitted to this person.",
    404: "No such thing.",
    409: "The case has moved on, or the key was used for another request.",
    413: "More was sent than is taken.",
    415: "Another content type was expected.",
    422: "Fields are not as expected.",
}
_ALWAYS = (400, 401, 403)
_POSTS = (409, 413, 415, 422)
_PREFIX = "/api/v1/"
_PROBLEM_CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}


def problems(*statuses: int) -> dict[int | str, Any]:
    """The refusals of an operation, beside those that every one has."""
    return {
        status: {"description": _WORDS[status], "content": _PROBLEM_CONTENT} for status in statuses
    }


def same_as(schema: str, status: int, words: str) -> dict[int | str, Any]:
    """A second good answer of an operation, with a schema that is described already."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {status: {"description": words, "content": content}}


def init_app(app: APIFlask) -> None:
    """Configure APIFlask's description and finish it with what all operations share."""
    app.config.update(
        AUTO_SERVERS=False,  # it would keep the Host header of whoever asks first
        AUTO_404_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_TAGS=False,
        SERVERS=[{"url": "/"}],
        SECURITY_SCHEMES={
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of a person, such as `hy_…`; no cookies.",
            }
        },
        DESCRIPTION="Contacts, cases, tasks, supervision and diagrams of one city. Times carry "
        f"the city's offset. JSON bodies have {LARGEST_JSON // MEGABYTE} MB at most, "
        f"deployments {LARGEST_DEPLOYMENT // MEGABYTE} MB.",
    )
    app.spec_processor(_finish)


def _finish(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    assert isinstance(spec, dict)  # text only where YAML is asked for
    spec["paths"] = {path: item for path, item in spec["paths"].items() if path.startswith(_PREFIX)}
    schemas = spec["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    for item in spec["paths"].values():
        for method, operation in item.items():
            _complete(method, operation, schemas)
    return spec


def _complete(method: str, operation: dict[str, Any], schemas: dict[str, dict[str, Any]]) -> None:
    operation["security"] = [{"token": []}]
    for status, told in problems(*_ALWAYS, *(_POSTS if method == "post" else ())).items():
        operation["responses"].setdefault(str(status), told)
    for parameter in operation["parameters"]:
        if parameter["name"].endswith("_id") and parameter["in"] == "path":
            parameter["schema"]["format"] = "uuid"
    if method != "post":
        return
    operation["parameters"].append(_KEY)
    success = next(iter(code for code in operation["responses"] if code.startswith("2")))
    operation["responses"][success]["headers"] = {
        "Idempotent-Replay": {
            "description": "`true` if this is the first answer again.",
            "schema": {"type": "string"},
        }
    }
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"]["$ref"].rpartition("/")[2]
        operation["requestBody"]["required"] = bool(schemas[name].get("required"))
