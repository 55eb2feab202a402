"""People: signing in, waiting after failures, tokens."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import clock
from engine.commands import people as commands
from engine.commands.people import ATTEMPTS, LOCKED_FOR, LONGEST_PASSWORD, SHORTEST_PASSWORD
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotFound, SignInRefused
from engine.models import ApiToken, City, Person, Role
from engine.queries import people
from tests.racing import failures, together

PASSWORD = "correct horse"


@pytest.fixture
def wang(sessions, held):
    with transaction(sessions) as session:
        commands.add_person(
            session, "wang", "王", password=PASSWORD, memberships=[("police_bureau", "handler")]
        )
    return "wang"


def test_the_right_password_opens(sessions, wang):
    person, refusal = _sign_in(sessions, wang, PASSWORD)
    assert person.login == wang
    assert refusal is None


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("wang", "Correct horse"),
        ("wang", "correct horse "),
        ("wang", ""),
        ("Wang", PASSWORD),
        ("nobody", PASSWORD),
        ("", ""),
        ("wang' or 1=1 --", PASSWORD),
        ("王" * 500, PASSWORD),
        ("wang", "x" * 1_000_000),
    ],
)
def test_anything_else_gets_one_and_the_same_answer(sessions, wang, login, password):
    person, refusal = _sign_in(sessions, login, password)
    assert person is None
    assert (refusal.message, refusal.until) == (SignInRefused().message, None)


@pytest.mark.both
@pytest.mark.parametrize("login", ["wang\x00", "\x00", "wang\ud800"])
def test_a_login_that_no_database_can_hold_is_an_unknown_one(sessions, wang, login):
    person, refusal = _sign_in(sessions, login, PASSWORD)
    assert person is None
    assert refusal.until is None


@pytest.mark.both
def test_after_five_failures_a_login_waits_five_minutes(sessions, wang, held):
    for _ in range(ATTEMPTS - 1):
        assert _sign_in(sessions, wang, "wrong")[1].until is None
    refusal = _sign_in(sessions, wang, "wrong")[1]
    assert refusal.until == held.at + LOCKED_FOR

    held.advance(minutes=4, seconds=59)
    person, refusal = _sign_in(sessions, wang, PASSWORD)
    assert person is None, "not even the right password"
    assert refusal.until == held.at + timedelta(seconds=1), "waiting is not made longer by trying"
    held.advance(seconds=1)
    assert _sign_in(sessions, wang, PASSWORD)[0].login == wang
    with reading(sessions) as session:
        row = session.scalars(select(Person).where(Person.login == wang)).one()
    assert (row.failed_sign_ins, row.locked_until) == (0, None)


def test_after_the_wait_one_has_five_attempts_again(sessions, wang, held):
    for _ in range(ATTEMPTS):
        _sign_in(sessions, wang, "wrong")
    held.advance(minutes=5)
    for _ in range(ATTEMPTS - 1):
        assert _sign_in(sessions, wang, "wrong")[1].until is None
    assert _sign_in(sessions, wang, PASSWORD)[0] is not None


def test_a_success_in_between_begins_the_count_anew(sessions, wang):
    for _ in range(3):
        for _ in range(ATTEMPTS - 1):
            _sign_in(sessions, wang, "wrong")
        assert _sign_in(sessions, wang, PASSWORD)[0] is not None


def test_an_unknown_login_never_waits(sessions, held):
    for _ in range(ATTEMPTS + 2):
        assert _sign_in(sessions, "nobody", "wrong")[1].until is None


def test_waiting_is_by_login_and_not_for_everybody(sessions, wang, held):
    with transaction(sessions) as session:
        commands.add_person(session, "li", "李", password=PASSWORD)
    for _ in range(ATTEMPTS):
        _sign_in(sessions, wang, "wrong")
    assert _sign_in(sessions, "li", PASSWORD)[0].login == "li"


@pytest.mark.both
def test_attempts_at_once_are_all_counted(sessions, wang):
    def fail():
        with transaction(sessions) as session:
            return commands.signed_in(session, wang, False)[1]

    results = together([fail] * ATTEMPTS)
    assert not failures([one for one in results if not isinstance(one, SignInRefused)])
    assert sum(one.until is not None for one in results) == 1, "the fifth, whoever it was"


def test_somebody_who_left_may_not_sign_in(sessions, wang):
    with transaction(sessions) as session:
        session.execute(update(Person).where(Person.login == wang).values(active=False))
    person, refusal = _sign_in(sessions, wang, PASSWORD)
    assert person is None
    assert refusal.until is None
    with pytest.raises(NotFound), reading(sessions) as session:
        people.by_login(session, wang)
    with pytest.raises(NotFound), transaction(sessions) as session:
        commands.new_token(session, wang, "laptop")


def test_somebody_without_a_password_may_not_sign_in(sessions, held):
    with transaction(sessions) as session:
        commands.add_person(session, "new", "新")
    for password in ("", "x", "None"):
        assert _sign_in(sessions, "new", password)[0] is None


@pytest.mark.parametrize(
    "password", ["", "x" * (SHORTEST_PASSWORD - 1), "x" * (LONGEST_PASSWORD + 1)]
)
def test_a_password_has_its_length(sessions, wang, password):
    with pytest.raises(InvalidInput) as caught, transaction(sessions) as session:
        commands.set_password(session, wang, password)
    assert caught.value.field == "password"
    assert not password or password not in str(caught.value)
    assert _sign_in(sessions, wang, PASSWORD)[0] is not None, "the old one holds"


def test_the_longest_password_is_looked_at_to_its_end(sessions, wang):
    longest = "密" * LONGEST_PASSWORD
    with transaction(sessions) as session:
        commands.set_password(session, wang, longest)
    assert _sign_in(sessions, wang, longest)[0] is not None
    assert _sign_in(sessions, wang, longest[:-1])[0] is None
    assert _sign_in(sessions, wang, longest + "x")[0] is None


def test_a_new_password_ends_the_waiting_and_the_old_password(sessions, wang, held):
    for _ in range(ATTEMPTS):
        _sign_in(sessions, wang, "wrong")
    with transaction(sessions) as session:
        commands.set_password(session, wang, "another horse")
    assert _sign_in(sessions, wang, PASSWORD)[0] is None
    assert _sign_in(sessions, wang, "another horse")[0] is not None
    with pytest.raises(NotFound), transaction(sessions) as session:
        commands.set_password(session, "nobody", "another horse")


def test_a_password_is_kept_as_a_hash_with_a_salt():
    first, second = commands.hash_password(PASSWORD), commands.hash_password(PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$")
    assert PASSWORD not in first


@pytest.mark.both
def test_a_login_is_given_once(sessions, wang):
    with pytest.raises(Conflict), transaction(sessions) as session:
        commands.add_person(session, wang, "另一个王")


def test_a_role_that_is_none_is_refused(sessions, held):
    with pytest.raises(InvalidInput) as caught, transaction(sessions) as session:
        commands.add_person(session, "x", "某", memberships=[("police_bureau", "king")])
    assert caught.value.field == "role"
    with transaction(sessions) as session:
        commands.add_person(session, "x", "某", memberships=[("police_bureau", r) for r in Role])
    with reading(sessions) as session:
        assert people.by_login(session, "x").roles == set(Role)


@pytest.mark.both
def test_a_token_is_its_person_s_until_it_is_revoked(sessions, wang, held):
    with transaction(sessions) as session:
        token = commands.new_token(session, wang, "laptop")
        other = commands.new_token(session, wang, "server")
    assert token.startswith("hy_")
    assert len(token) > 40
    with reading(sessions) as session:
        assert people.by_token(session, commands.token_hash(token)).login == wang
        kept = session.scalars(select(ApiToken.token_hash)).all()
    assert token.encode() not in b"".join(kept)
    with transaction(sessions) as session:
        session.execute(
            update(ApiToken)
            .where(ApiToken.token_hash == commands.token_hash(token))
            .values(revoked_at=clock.now())
        )
    for wrong in (token, token + "x", "", "hy_"):
        with pytest.raises(NotFound), reading(sessions) as session:
            people.by_token(session, commands.token_hash(wrong))
    with reading(sessions) as session:
        assert people.by_token(session, commands.token_hash(other)).login == wang


def test_a_token_of_somebody_who_left_opens_nothing(sessions, wang):
    with transaction(sessions) as session:
        token = commands.new_token(session, wang, "laptop")
        session.execute(update(Person).where(Person.login == wang).values(active=False))
    with pytest.raises(NotFound), reading(sessions) as session:
        people.by_token(session, commands.token_hash(token))


def test_a_role_reaches_the_whole_tree_below_its_unit_and_nothing_beside_it(sessions, held):
    with transaction(sessions) as session:
        commands.add_person(
            session,
            "chief",
            "局长",
            memberships=[("police_bureau", "handler"), ("guilin", "leader")],
        )
        commands.add_unit(session, "police_bureau_2", "公安二局", "Police 2", parent="guilin")
    with reading(sessions) as session:
        actor = people.by_login(session, "chief")
    assert actor.scope["handler"] == {"police_bureau", "traffic_police"}
    assert {"guilin", "police_bureau_2", "jdz_office"} <= actor.scope["leader"]
    assert actor.units == ("guilin", "police_bureau")


@pytest.mark.both
def test_a_new_unit_is_there_for_the_next_command(sessions, held):
    with transaction(sessions) as session:
        commands.add_person(session, "chief", "局长", memberships=[("police_bureau", "handler")])
    with reading(sessions) as session:
        before = people.by_login(session, "chief").scope["handler"]
        revision = session.scalars(select(City.organisation_revision)).one()
    with transaction(sessions) as session:
        commands.add_unit(session, "patrol", "巡警", "Patrol", parent="police_bureau")
    with reading(sessions) as session:
        assert people.by_login(session, "chief").scope["handler"] == before | {"patrol"}
        assert session.scalars(select(City.organisation_revision)).one() == revision + 1
    with pytest.raises(NotFound), transaction(sessions) as session:
        commands.add_unit(session, "lost", "无", "Lost", parent="nowhere")
    with pytest.raises(Conflict), transaction(sessions) as session:
        commands.add_unit(session, "patrol", "巡警", "Patrol", parent="guilin")


def test_a_person_s_language_is_kept(sessions, wang):
    with reading(sessions) as session:
        person_id = people.by_login(session, wang).id
    with transaction(sessions) as session:
        commands.set_language(session, person_id, "en")
    with reading(sessions) as session:
        assert people.by_login(session, wang).language == "en"
        assert people.actor(session, person_id).name_zh == "王"


def _sign_in(sessions, login, password):
    with reading(sessions) as session:
        matched = commands.matches(session, login, password)
    with transaction(sessions) as session:
        return commands.signed_in(session, login, matched)
