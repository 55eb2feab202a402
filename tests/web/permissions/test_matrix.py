"""Role × verb × own unit, subtree, other unit, confidential: every cell stands in `matrix.csv`.

A route that the table does not mention fails, and so does one that answers otherwise.
"""

from pathlib import Path

import pytest
from apiflask import APIFlask

from engine.clock import Held
from engine.db import Sessions
from engine.models import Role
from tests.web.permissions import asking
from tests.web.permissions.asking import CELLS, COLUMNS, GONE, NO_CASE, NOBODY, REFUSED, Hand
from tests.web.permissions.office import ROLES, Office
from tests.web.site import application

TABLE = asking.rows()


def test_every_route_is_decided(sessions: Sessions, held: Held, tmp_path: Path) -> None:
    wanted = asking.wanted(application(sessions, tmp_path))
    assert not set(wanted) - set(TABLE), "say in matrix.csv who may do this, and with whose"
    assert not set(TABLE) - set(wanted), "these routes are gone: take their rows out"
    assert list(TABLE) == wanted, "in the order of the addresses"


def test_every_cell_is_decided() -> None:
    for row, cells in TABLE.items():
        assert set(cells) == set(COLUMNS), row
        assert set(cells.values()) <= CELLS, row


# Nothing is read by these, and nothing changed that is not one's own.
_HARMLESS = {"POST /cases/<number>/unwatch", "GET /cases/<number>/split/done"}


def test_what_lies_with_another_unit_is_nobodys_but_the_machines() -> None:
    """Whoever keeps the machine running repairs processes of the whole city."""
    for (request, whose), cells in TABLE.items():
        if whose == "other" and request not in _HARMLESS:
            allowed = {role for role in ROLES if cells[role] not in {REFUSED, GONE}}
            assert allowed <= {Role.ADMINISTRATOR}, f"{request}: {allowed}"


def test_a_subtree_is_like_the_own_unit() -> None:
    for request, whose in TABLE:
        if whose == "subtree":
            assert TABLE[request, whose] == TABLE[request, "own"], request


def test_of_a_confidential_case_only_the_person_is_kept_back() -> None:
    """The responsible unit works on it without knowing who it is of."""
    differing = {
        (request, role)
        for request, whose in TABLE
        if whose == "confidential"
        for role in ROLES
        if TABLE[request, whose][role] != TABLE[request, "own"][role]
    }
    # Whoever works for the office that runs the case may know; handlers may not.
    assert differing == {("POST /cases/<number>/identity", "handler")}


@pytest.mark.slow
@pytest.mark.parametrize("column", COLUMNS)
def test_each_may_do_what_the_table_says(
    own_copy: tuple[APIFlask, Office, Sessions], column: str
) -> None:
    app, office, sessions = own_copy
    hand, wrong = Hand(app, sessions, column), []
    for (request, whose), cells in TABLE.items():
        scope = "own" if whose == NO_CASE else whose
        one = office.subjects[scope][ROLES[0] if column == NOBODY else column]
        cell, answer = hand.does(request, one)
        assert answer.status < 500 or "readyz" in request, f"{request}: {answer.status}"
        if cell != cells[column]:
            wrong.append(f"{request} ({whose}): {cell} ({answer.status}), not {cells[column]}")
    assert not wrong, "\n".join(wrong)
