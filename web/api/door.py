"""The door of the API: who asks, what may come in, how a refusal is told."""

from apiflask import APIBlueprint, APIFlask
from apiflask.exceptions import HTTPError
from flask import Request, Response
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from engine.commands.people import token_hash
from engine.errors import InvalidInput, NotFound
from engine.queries import people
from web import auth, problems
from web.api import bodies, description
from web.api.fields import faults_of
from web.request import reading

blueprint = APIBlueprint("api", __name__)
blueprint.before_request(bodies.check)


def init_app(app: APIFlask) -> None:
    """Take tokens, and describe the API."""
    auth.manager.request_loader(_bearer)
    description.init_app(app)


def _bearer(request: Request) -> auth.SignedIn | None:
    """The person whose token was sent, if it is one of the API's and still good."""
    # Not `request.authorization`: it fails on a Basic header that is no base64.
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if request.blueprint != blueprint.name or scheme.lower() != "bearer" or not token:
        return None
    try:
        with reading() as session:
            return auth.SignedIn(people.by_token(session, token_hash(token.strip())))
    except NotFound:
        return None


@blueprint.errorhandler(Unauthorized)
def _ask_for_token(_error: Unauthorized) -> Response:
    answer = problems.document(
        401,
        problems.HTTP_PROBLEMS[401].title,
        code="unauthorized",
        detail="Send a token of the API: Authorization: Bearer hy_...",
    )
    answer.www_authenticate = WWWAuthenticate("bearer", {"realm": "huiyin"})
    return answer


@blueprint.errorhandler(HTTPError)
def _wrong_fields(error: HTTPError) -> Response:
    """What a schema refused, in the form in which the engine refuses answers."""
    fields: dict[str, dict[str, str]] = {}
    for messages in dict(error.detail or {}).values():  # by location: json, query, headers
        fields |= faults_of(messages)
    return problems.document(
        error.status_code,
        problems.PROBLEMS[InvalidInput].title,
        code=InvalidInput.code,
        detail=f"Not as expected: {', '.join(fields)[:500]}",
        fields=fields,
    )
