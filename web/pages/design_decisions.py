"""The decisions of a draft: a table of rules, beside it the tests it is held to."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import design_drafts, design_tables
from engine.commands.design_tables import Typed
from engine.designing import decision_edits, decision_grid, decision_tests, uses
from engine.designing.decision_grid import Rule
from engine.errors import InvalidInput
from engine.facts import FACTS
from engine.queries.design_drafts import Opened
from web import decision_view, design_saving, new_decision, studio
from web.design_saving import posted
from web.new_decision import MOST_COLUMNS, POLICIES
from web.permitted import permitted
from web.request import current_person, once
from web.security import allow_inline_styles

blueprint = Blueprint(
    "design_decisions", __name__, url_prefix="/design/drafts/<uuid:draft_id>/decisions"
)
SIZE = 50  # rules a page
EDITOR_HOLDS = 200  # more of them make the drawing editor slow: then only if one asks for it


@blueprint.get("")
@permitted("design")
def index(draft_id: UUID) -> ResponseReturnValue:
    """Every decision: who asks it, its rows, how its tests go; a form for a new one."""
    return _index(design_saving.opened(draft_id), {}, {})


@blueprint.post("")
@permitted("design")
def create(draft_id: UUID) -> ResponseReturnValue:
    """Begin a decision."""
    draft = design_saving.opened(draft_id)
    typed = new_decision.typed()
    faults = new_decision.wrong(typed, draft.files)
    if faults:
        return _index(draft, typed, faults), 422
    content = new_decision.content(typed)
    return design_saving.changed(
        draft_id,
        f"{typed['key']}.dmn",
        lambda _draft, _content: content,
        "design_decisions.show",
        key=typed["key"],
    )


@blueprint.get("/<key>")
@permitted("design")
def show(draft_id: UUID, key: str) -> ResponseReturnValue:
    """One decision: its rules, its tests, what each test says."""
    return _page(design_saving.opened(draft_id), key)


@blueprint.get("/<key>/results")
@permitted("design")
def results(draft_id: UUID, key: str) -> ResponseReturnValue:
    """What came of each test, for the page whose editor has just saved."""
    draft = design_saving.opened(draft_id)
    file = design_saving.file_of(draft, f"{key}.dmn")
    tested = decision_tests.tested(key, file.content, _tests(draft, key))
    state, said = decision_view.coverage(tested)
    told = [decision_view.result(one, tested) for one in tested.results]
    return jsonify(
        tests=[{"state": one.state, "text": one.text} for one in told],
        coverage={"state": state, "text": said},
        faults=[
            {"state": state, "text": text}
            for state, text in design_saving.told(design_tables.table_faults(key, file.content))
        ],
    )


@blueprint.post("/<key>/rules")
@permitted("design")
def rules(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Keep the rows of the plain table, then add one, move one, take one out."""
    draft = design_saving.opened(draft_id)
    design_saving.file_of(draft, f"{key}.dmn")
    do, _colon, of = request.form.get("do", "save").partition(":")
    typed = _typed_rules()

    def change(_draft: Opened, content: bytes) -> bytes:
        content = decision_edits.written(content, typed)
        if do == "add":
            place = posted("place", 6)
            number = int(place) if place.isdecimal() and int(place) else None
            content = decision_edits.added(content, _rule("n", ""), number)
        elif do == "remove":
            content = decision_edits.removed(content, of)
        elif do in {"up", "down"}:
            content = decision_edits.moved(content, of, -1 if do == "up" else 1)
        elif do == "policy":
            content = decision_edits.with_hit_policy(content, _policy())
        return content

    return design_saving.changed(
        draft_id, f"{key}.dmn", change, "design_decisions.show", key=key, **_place()
    )


@blueprint.post("/<key>/tests")
@permitted("design")
def tests(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Keep the test table, then run it."""
    draft = design_saving.opened(draft_id)
    file = design_saving.file_of(draft, f"{key}.dmn")
    tested = decision_tests.tested(key, file.content, _tests(draft, key))
    _do, _colon, gone = request.form.get("do", "save").partition(":")
    try:
        content = design_tables.tests_file(
            tested, request.form, without=int(gone) if gone.isdecimal() else None
        )
    except Typed as error:
        return _page(draft, key, request.form, error.controls), 422
    return design_saving.changed(
        draft_id,
        f"{key}.tests.json",
        lambda _draft, _content: content,
        "design_decisions.show",
        key=key,
        **_place(),
    )


@blueprint.post("/<key>/removal")
@permitted("design")
def remove(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Take a decision and its tests out of the draft."""

    def work(session: Session) -> str:
        draft = design_saving.opened(draft_id, session)
        design_saving.file_of(draft, f"{key}.dmn")
        for path in (f"{key}.dmn", f"{key}.tests.json"):
            if path in draft.files:
                design_drafts.remove(session, draft_id, path, by=current_person())
        return url_for("design_decisions.index", draft_id=draft_id)

    return once(work)


def _index(draft: Opened, typed: Mapping[str, str], faults: Mapping[str, str]) -> str:
    asked = uses.of_decisions(draft.contents.get(design_drafts.PROCESS, b""))
    lines = [
        {
            "tested": one,
            "state": decision_view.coverage(one),
            "used": asked.get(_asked_as(draft, one.key), []),
        }
        for one in decision_tests.run(draft.contents)
    ]
    return render_template(
        "design/tables/decisions.html",
        opened=draft,
        tabs=studio.tabs(draft),
        lines=lines,
        facts=FACTS,
        policies=POLICIES,
        most_columns=MOST_COLUMNS,
        typed=typed,
        faults=faults,
        fault_links=[(f"d-{name}", said) for name, said in faults.items()],
    )


def _page(
    draft: Opened,
    key: str,
    typed: Mapping[str, str] | None = None,
    bad: frozenset[str] = frozenset(),
) -> str:
    file = design_saving.file_of(draft, f"{key}.dmn")
    table = decision_grid.grid(file.content)
    tested = decision_tests.tested(key, file.content, _tests(draft, key))
    number = request.args.get("page", 1, int)
    first = (max(number, 1) - 1) * SIZE
    many = table is not None and len(table.rules) > EDITOR_HOLDS
    plain = "plain" in request.args or (many and "editor" not in request.args)
    tests_file = draft.files.get(f"{key}.tests.json")
    if not plain:
        allow_inline_styles()
    return render_template(
        "design/tables/decision.html",
        opened=draft,
        tabs=studio.tabs(draft),
        key=key,
        file=file,
        table=table,
        rules=list(enumerate(table.rules, 1))[first : first + SIZE] if table else [],
        number=max(number, 1),
        size=SIZE,
        plain=plain,
        many=many,
        policies=POLICIES,
        place=_new_place(table) if table else 1,
        tested=tested,
        reached=_reached(tested),
        rows=decision_view.rows(tested, typed, bad),
        coverage=decision_view.coverage(tested),
        label=decision_view.label,
        tests_revision=tests_file.revision if tests_file else 0,
        used=uses.of_decisions(draft.contents.get(design_drafts.PROCESS, b"")).get(
            table.key if table else key, []
        ),
        faults=design_saving.told(design_tables.table_faults(key, file.content)),
        fault_links=[
            (name, _("这一格读不懂：数字写阿拉伯数字，是否选一项。")) for name in sorted(bad)
        ],
    )


def _tests(draft: Opened, key: str) -> bytes | None:
    file = draft.files.get(f"{key}.tests.json")
    return file.content if file else None


def _asked_as(draft: Opened, key: str) -> str:
    """The id by which a diagram asks the decision of a file."""
    table = decision_grid.grid(draft.files[f"{key}.dmn"].content)
    return table.key if table else key


def _reached(tested: decision_tests.Tested) -> dict[int, int]:
    """How many tests reach each rule."""
    found: dict[int, int] = {}
    for one in tested.results:
        for number in one.rules:
            found[number] = found.get(number, 0) + 1
    return found


def _new_place(table: decision_grid.Grid) -> int:
    """Where a new row goes: before the one that takes all the rest, else at the end."""
    last = table.rules[-1] if table.rules else None
    takes_all = last is not None and all(cell in ("", "-") for cell in last.cells)
    return len(table.rules) + (0 if takes_all and table.hit_policy == "FIRST" else 1)


def _place() -> dict[str, str]:
    """What of the address stays: the page of rules, and that one works without the editor."""
    return {name: request.form[name][:6] for name in ("page", "plain") if request.form.get(name)}


def _typed_rules() -> list[Rule]:
    return [
        _rule(str(n), request.form[f"id.{n}"][:200])
        for n in range(SIZE)
        if f"id.{n}" in request.form
    ]


def _rule(n: str, rule_id: str) -> Rule:
    def cells(letter: str) -> tuple[str, ...]:
        found: list[str] = []
        while f"{letter}.{n}.{len(found)}" in request.form:
            found.append(posted(f"{letter}.{n}.{len(found)}"))
        return tuple(found)

    return Rule(rule_id, cells("c"), cells("r"), posted(f"zh.{n}"), posted(f"en.{n}"))


def _policy() -> str:
    policy = request.form.get("policy", "")
    if policy not in POLICIES:
        raise InvalidInput("policy", "UNIQUE, FIRST or COLLECT", policy[:20])
    return policy
