"""A POST of the API in one transaction; a repeated one gets the first answer."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Response, current_app, make_response, request
from sqlalchemy.orm import Session

from engine.commands import idempotency
from engine.errors import HuiyinError
from engine.identity import Reporter
from web.request import current_person, installation, reading, written

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"


class Answer(NamedTuple):
    """What is answered: an HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


def once(work: Callable[[Session], Answer], asked: Any, *, kept_sealed: str = "") -> Response:
    """Do `work` in one transaction and answer; under a key used before, answer as then.

    asked: the body as JSON, to tell a repeat from another request. kept_sealed: a member of
    the answer that is stored encrypted, as it opens somebody's case.

    The answer is kept with the work, so looking it up first would only cost time: a repeat
    runs into what the first one wrote, is rolled back, and is answered from there. What `work`
    raises is raised, `Conflict` too if the key was used for another request.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _told(written(work))
    scope = str(current_person().id)
    digest = idempotency.digest([request.method, request.path, asked])

    def act(session: Session) -> Answer:
        answer = work(session)
        idempotency.keep(session, scope, key, digest, _sealed(answer, kept_sealed))
        return answer

    try:
        return _told(written(act))
    except HuiyinError:
        with reading() as session:
            kept = idempotency.answered(session, scope, key, digest)
        if kept is None:
            raise
        replayed = _told(_opened(kept))
        replayed.headers[REPLAY] = "true"
        return replayed


def _told(answer: Answer) -> Response:
    response = make_response(current_app.json.dumps(answer.body), answer.status)
    response.content_type = "application/json"
    return response


def _sealed(answer: Answer, secret: str) -> dict[str, Any]:
    kept: dict[str, Any] = {"status": answer.status, "body": dict(answer.body)}
    if secret:
        # The vault seals persons; what opens a person's case is kept no worse.
        sealed = installation().vault.seal(Reporter(name=kept["body"].pop(secret)))
        kept["secret"] = [secret, sealed.key_id, sealed.sealed.hex()]
    return kept


def _opened(kept: dict[str, Any]) -> Answer:
    body = dict(kept["body"])
    if "secret" in kept:
        name, key_id, sealed = kept["secret"]
        body[name] = installation().vault.open(key_id, bytes.fromhex(sealed)).name
    return Answer(kept["status"], body)
