"""What units have promised in public (公开承诺), for everybody."""

from flask import Blueprint, render_template, request

from engine.queries import promised
from web import promise_words
from web.permitted import public
from web.request import reading

blueprint = Blueprint("public", __name__)
_MOST_PAGES = 10_000


@blueprint.get("/public/promises")
@public
def index() -> str:
    """The promises that were released, the newest first, and what became of each."""
    page = min(max(request.args.get("page", 1, int), 1), _MOST_PAGES)
    with reading() as session:
        promises, total = promised.public(session, page)
    return render_template(
        "public/promises.html",
        promises=promises,
        total=total,
        page=page,
        size=promised.PAGE,
        words=promise_words,
    )
