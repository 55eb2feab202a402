"""Every route × everybody: who sees what of a sealed case stands in `expectations.csv`.

A new route without a row fails. Whoever may not see the case gets, letter for letter, what they
would get for a case that was never there.
"""

import logging

import pytest
from apiflask import APIFlask

from tests.web.compartment import asking
from tests.web.compartment.asking import BY_THE_CODE, CLASSES, MISSING, OPEN, SEEN, Person
from tests.web.compartment.personas import ACCUSED, CITIZEN, PERSONAS, SEEING
from tests.web.compartment.scene import Scene, Subject

TABLE = asking.rows()
# Whoever keeps the machine running sees that a step failed, and tries it again; nothing else.
OF_THE_MACHINE = "/operations/incidents/"


def test_every_route_has_its_row(app: APIFlask) -> None:
    rules = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST"}
    }
    told = {asking.rule_of(request) for request in TABLE}
    assert not rules - told, "say in expectations.csv what each persona gets from these"
    assert not told - rules, "these routes are gone: take their rows out"


def test_the_table_is_whole_and_lets_nobody_in() -> None:
    for request, cells in TABLE.items():
        assert set(cells) == set(PERSONAS), request
        for persona, cell in cells.items():
            kinds = set(cell.split("+"))
            assert kinds <= CLASSES, f"{request}: {cell}"
            if persona not in SEEING:
                by_code = persona == CITIZEN and request in BY_THE_CODE
                assert kinds == {SEEN} if by_code else SEEN not in kinds, f"{request}: {persona}"
                assert len(kinds) == 1, "one sealed case is like any other"


def test_no_row_is_empty(scene: Scene) -> None:
    for request in TABLE:
        assert _about(scene, request), f"{request}: no case of the scene has this"


def test_what_is_closed_to_others_is_open_to_the_compartment() -> None:
    """Else a table full of refusals would say nothing."""
    seen = {request for request, cells in TABLE.items() if SEEN in cells["compartment"]}
    for request in (
        "GET /cases",
        "GET /cases/<number>",
        "GET /inbox",
        "GET /tasks/<uuid:task_id>",
        "GET /supervision",
        "GET /supervision/<number>",
        "GET /api/v1/cases/<number>",
        "GET /api/v1/tasks",
        "GET /cases?q={title}",
    ):
        assert request in seen, request


# Whom the compartment is kept from first of all; the others are slow.
_QUICK = {"nobody", "accused_handler"}
EACH = [
    pytest.param(one, marks=[] if one in _QUICK else pytest.mark.slow, id=one) for one in PERSONAS
]


@pytest.mark.parametrize("persona", EACH)
def test_each_gets_the_answer_of_the_table(
    app: APIFlask, scene: Scene, persona: str, caplog: pytest.LogCaptureFixture
) -> None:
    for part in ("", "web", "engine"):
        caplog.set_level(logging.DEBUG if part else logging.INFO, part or None)
    person, wrong = Person(app, scene, persona), []
    for request, cells in TABLE.items():
        nothing = ""
        if _must_be_like_nothing(request, persona, cells[persona]):
            nothing = person.sends(request, MISSING).without(MISSING)
        kinds = set()
        for one in _about(scene, request):
            answer = person.sends(request, one)
            assert answer.status < 500 or "readyz" in request, f"{request}: {answer.status}"
            kinds.add(answer.kind(scene.marks))
            if nothing and answer.without(one) != nothing:
                wrong.append(f"{request}: not as for one that never was, {answer.status}")
        found = "+".join(sorted(kinds))
        if found != cells[persona]:
            wrong.append(f"{request}: {found}, not {cells[persona]}")
    assert not wrong, "\n".join(wrong)
    logged = [f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records]
    secret = (*scene.words, ACCUSED, "城市管理局")
    assert [line for line in logged if any(word in line for word in secret)] == []


def _about(scene: Scene, request: str) -> list[Subject]:
    """The sealed cases to ask for; where none is asked for, once is enough."""
    every = [one for one in scene.subjects.values() if asking.applies(request, one)]
    return every if asking.names_a_case(request) else every[:1]


def _must_be_like_nothing(request: str, persona: str, cell: str) -> bool:
    if persona in SEEING or cell == SEEN or not asking.names_a_case(request):
        return False
    return not (OF_THE_MACHINE in request and cell in {OPEN, asking.REFUSED})
