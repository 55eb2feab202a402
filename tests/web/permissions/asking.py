"""The matrix, and one person who asks for everything in it."""

import csv
import re
from pathlib import Path
from typing import Any

from apiflask import APIFlask

from engine.commands import people
from engine.db import transaction
from tests.web.compartment import asking
from tests.web.compartment.asking import Answer, Person
from tests.web.compartment.scene import Subject
from tests.web.permissions.office import BELOW, PACK, ROLES, SCOPES, login_of
from tests.web.site import sign_in

TABLE = Path(__file__).with_name("matrix.csv")
# What an answer means for the person: it is theirs to do (though what was sent may be faulty or
# late), it is not, there is no such thing for them, sign in first.
ALLOWED, REFUSED, GONE, SIGN_IN = "allowed", "refused", "gone", "sign-in"
CELLS = frozenset({ALLOWED, REFUSED, GONE, SIGN_IN})
NOBODY = "nobody"
COLUMNS = (NOBODY, *ROLES)
NO_CASE = "-"
OF_ANOTHER = " of another"  # behind a request: for the work, or the notice, of somebody else
_MEANING = {asking.SIGN_IN: SIGN_IN, asking.BARRED: REFUSED, asking.GONE: GONE}
_OF_A_CASE = re.compile(
    r"<(?:[a-z]+(?:\([^)]*\))?:)?"
    r"(number|task_id|instance_id|incident_id|message_id|sha256)>"
)
_OF_A_COLLEAGUE = re.compile(
    r"/admin/.*<uuid:(person_id|membership_id|absence_id|token_id)>|/admin/units/<key>"
)
# What of an address is a person's own, or somebody else's.
_PERSONAL = {"<uuid:task_id>": "task", "<uuid:notice_id>": "notice"}
# What stands for <key>, by the beginning of the address.
_KEYS = {"/admin/packs/": PACK, "/rates/": "on_time", "/supervision/units/": BELOW}
Row = tuple[str, str]


def rows() -> dict[Row, dict[str, str]]:
    """The table: (request, whose the case is) -> column -> cell."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    table = {(line.pop("request"), line.pop("whose")): line for line in lines}
    assert len(table) == len(lines), "a row stands in the table twice"
    return table


def wanted(app: APIFlask) -> list[Row]:
    """The rows that the application asks for, in their order."""
    found: list[Row] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            request = f"{method} {rule.rule}"
            scopes = _scopes(rule.rule)
            found += [(request, scope) for scope in scopes]
            if any(part in rule.rule for part in _PERSONAL):
                found.append((request + OF_ANOTHER, scopes[0]))
    return found


def _scopes(rule: str) -> tuple[str, ...]:
    """Whose it may be that an address asks for."""
    if _OF_A_CASE.search(rule):
        return tuple(SCOPES)
    if _OF_A_COLLEAGUE.search(rule):
        return tuple(SCOPES)[:3]  # a unit or a colleague is not confidential
    return (NO_CASE,)


class Hand(Person):
    """Somebody of the office with one role, or nobody."""

    def __init__(self, app: APIFlask, sessions: Any, column: str) -> None:
        self.app, self.persona, self.token = app, column, ""
        if column != NOBODY:
            with transaction(sessions) as session:
                self.token = people.new_token(session, login_of(column), "matrix")
        self._enter()

    def _enter(self) -> None:
        self.client = self.app.test_client()
        if self.persona != NOBODY:
            assert sign_in(self.client, login_of(self.persona)).status_code == 303
        page = "/notices" if self.persona != NOBODY else "/sign-in"
        found = asking._TOKEN.search(self.client.get(page).text)
        assert found
        self.csrf = found[1]

    def does(self, request: str, one: Subject) -> tuple[str, Answer]:
        """What one cell says: send the request about this case."""
        if request.endswith(OF_ANOTHER):
            request = request.removesuffix(OF_ANOTHER)
            ids = {f"{name}_id": one.ids[f"{name}_of_another"] for name in _PERSONAL.values()}
            one = Subject(one.number, one.code, one.digits, {**one.ids, **ids})
        for start, key in {**_KEYS, "/admin/units/": one.ids["unit_key"]}.items():
            if f" {start}" in request:
                one = Subject(one.number, one.code, one.digits, {**one.ids, "key": key})
        answer = self.sends(request, one)
        return _MEANING.get(answer.kind(()), ALLOWED), answer
