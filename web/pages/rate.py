"""Rating by the link in the citizen's notice (评价): three questions, once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine.commands import evaluations, incidents
from engine.commands.evaluations import Rating
from engine.errors import Conflict, InvalidAnswers, NotFound, StepFailed
from engine.queries import evaluations as asked_of
from engine.queries.evaluations import Asked
from web import i18n
from web.permitted import public
from web.request import first_answer, reading, transaction

blueprint = Blueprint("rate", __name__, url_prefix="/rate")

Texts = Mapping[str, str]
CONTACTED: Mapping[str, Texts] = {
    "yes": {"zh": "联系过", "en": "Yes"},
    "no": {"zh": "没有", "en": "No"},
    "unsure": {"zh": "记不清", "en": "Not sure"},
}
RESULTS: Mapping[str, Texts] = {
    "solved": {"zh": "解决了", "en": "Solved"},
    "partly": {"zh": "解决了一部分", "en": "Partly"},
    "unsolved": {"zh": "没有解决", "en": "Not solved"},
}
MARKS: Mapping[str, Texts] = {
    "5": {"zh": "很满意", "en": "Very"},
    "4": {"zh": "满意", "en": "Satisfied"},
    "3": {"zh": "基本满意", "en": "Mostly"},
    "2": {"zh": "不满意", "en": "Dissatisfied"},
    "1": {"zh": "很不满意", "en": "Very dissatisfied"},
}
_RATED = "rated"


@dataclass(frozen=True)
class Typed:
    """What was chosen and written."""

    contacted: str = ""
    result: str = ""
    satisfaction: str = ""
    words: str = ""

    @classmethod
    def of(cls, posted: MultiDict[str, str]) -> Self:
        """As it was posted. NUL is no text: a database refuses it."""
        return cls(**{f.name: posted.get(f.name, "").replace("\0", "") for f in fields(cls)})

    @property
    def rating(self) -> Rating:
        """As the engine takes it."""
        return Rating(
            result=self.result,
            satisfaction=int(self.satisfaction) if self.satisfaction in MARKS else None,
            contacted={"yes": True, "no": False}.get(self.contacted),
            words=self.words,
        )

    def faults(self) -> dict[str, Texts]:
        """What is still missing, by question."""
        found: dict[str, Texts] = {}
        if self.result not in RESULTS:
            found["result"] = {
                "zh": "选一项：解决了、解决了一部分，还是没有解决。",
                "en": "Choose one: solved, partly, or not solved.",
            }
        return found


@blueprint.get("/<token>")
@public
def index(token: str) -> ResponseReturnValue:
    """The questions; or what was answered before; or that the link leads nowhere."""
    try:
        asked = _asked(token)
    except NotFound:
        return render_template("rate/unknown.html"), 404
    if asked.rated_at is not None:
        just = browser.pop(_RATED, "")
        return render_template(
            "rate/done.html",
            asked=asked,
            just_now=bool(just),
            again=just in {"partly", "unsolved"},
        )
    return _page(token, asked, Typed())


@blueprint.post("/<token>")
@public
def rate(token: str) -> ResponseReturnValue:
    """Write it down, once."""
    typed = Typed.of(request.form)
    try:
        asked = _asked(token)
    except NotFound:
        return render_template("rate/unknown.html"), 404
    if asked.rated_at is None and (wrong := typed.faults()):
        return _page(token, asked, typed, wrong), 422

    def work(session: Session) -> dict[str, Any]:
        evaluations.rate(session, token, typed.rating)
        return {"result": typed.result}

    try:
        browser[_RATED] = first_answer(work)["result"]
    except InvalidAnswers as error:
        if "token" not in error.fields:
            return _page(token, asked, typed, error.fields), 422
        browser.pop(_RATED, None)
    except (Conflict, StepFailed) as error:
        if isinstance(error, StepFailed):
            with transaction() as session:
                incidents.record(session, error, source="task", source_id=None, instance_id=None)
        note = _("这一次没有存上，您选的都在。再按一次「提交评价」。")
        return _page(token, asked, typed, note=note), 409
    return redirect(url_for("rate.index", token=token), code=303)


@blueprint.errorhandler(CSRFError)
def _expired(_error: CSRFError) -> ResponseReturnValue:
    """The page lay open too long: the same page again, with all that was chosen."""
    token = (request.view_args or {}).get("token", "")
    try:
        asked = _asked(token)
    except NotFound:
        return render_template("rate/unknown.html"), 404
    note = _("这一页开得太久了，没有交出去。您选的都在，再按一次就好。")
    return _page(token, asked, Typed.of(request.form), note=note), 400


def _asked(token: str) -> Asked:
    with reading() as session:
        return asked_of.asked(session, token)


def _page(
    token: str,
    asked: Asked,
    typed: Typed,
    faults: Mapping[str, Texts] | None = None,
    note: str = "",
) -> str:
    faults = faults or {}
    return render_template(
        "rate/index.html",
        token=token,
        asked=asked,
        typed=typed,
        faults=faults,
        fault_links=[(name, i18n.pick(said)) for name, said in faults.items()],
        note=note,
        contacted=CONTACTED,
        results=RESULTS,
        marks=MARKS,
        longest=evaluations.LONGEST_WORDS,
    )
