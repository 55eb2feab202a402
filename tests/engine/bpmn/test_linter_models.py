"""The model checks: an end from everywhere, a limit for everybody, clocks and sealed cases kept."""

import random

import pytest

from engine.bpmn.linter import check
from engine.bpmn.linting.documents import read
from engine.bpmn.linting.registry import RULES, Rule, rule
from engine.bpmn.linting.scopes import Flow, Node, Scope, cyclic, reached, scopes
from engine.bpmn.linting.tokens import MAX_MARKINGS, TokenGame, TooWide
from engine.bpmn.parser import parse
from engine.errors import InvalidDiagram
from tests.engine.bpmn.drawing import (
    boundary,
    chain,
    choice,
    end,
    error,
    errors,
    extensions,
    flow,
    node,
    parallel,
    process,
    properties,
    service,
    start,
    sub,
    timer,
    user,
)  # fmt: skip

SEALED = properties(sealed="yes")
CITIZENS = {"limit": "contact", "clock": "citizen"}


def told(content: bytes, **known) -> set[tuple[str, str]]:
    """Rule and element of every fault, except that sketches have no drawing."""
    found = check("p", content, {}, **known)
    return {(fault.rule, fault.element) for fault in found if fault.rule != "no-drawing"}


def limited(key: str, inner: str = "", **values: str) -> str:
    return user(key, inner, **{"limit": "handling", "clock": "unit", **values})


def straight(*parts: str, way: tuple[str, ...] = ("u",), first: str = "") -> bytes:
    drawn = "".join(parts) or limited("u")
    return process(first, start(), drawn, end(), chain("s", *way, "e"))


# An end can always be reached ------------------------------------------------------------------


def joined(*between: str, split: str, ways: str) -> bytes:
    return process(
        start(), split, *between, limited("u"), limited("v"), parallel("j"), end(),
        chain("s", "g"), chain("u", "j", "e"), chain("v", "j"), ways,
    )  # fmt: skip


BOTH = chain("g", "u") + chain("g", "v")
EITHER = flow("g", "u") + flow("g", "v", "case.ruled")


def test_a_join_behind_a_parallel_split_is_reached():
    assert told(joined(split=parallel("g"), ways=BOTH)) == set()


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_a_join_that_waits_for_what_was_not_taken_is_told(kind):
    content = joined(split=choice("g", "g__u", kind), ways=EITHER)
    assert told(content) == {("join-never", "j")}


def test_a_join_of_which_one_way_may_end_elsewhere_is_told():
    content = process(
        start(), parallel("g"), limited("u"), choice("x", "x__j"), limited("v"), parallel("j"),
        end(), end("left"), chain("s", "g", "u", "x", "j", "e"), chain("g", "v", "j"),
        flow("x", "left", "case.ruled"),
    )  # fmt: skip
    assert ("join-never", "j") in told(content)


def test_a_way_that_ends_everything_does_not_hang_the_join():
    terminate = "<bpmn:terminateEventDefinition/>"
    content = process(
        start(), parallel("g"), limited("u"), choice("x", "x__j"), limited("v"), parallel("j"),
        end(), end("left", terminate), chain("s", "g", "u", "x", "j", "e"), chain("g", "v", "j"),
        flow("x", "left", "case.ruled"),
    )  # fmt: skip
    assert told(content) == set()


def test_a_timer_that_takes_a_way_from_the_join_is_told():
    content = joined(
        boundary("b", "u", timer("5 WD")), end("late"), flow("b", "late"), split=parallel("g"),
        ways=BOTH,
    )  # fmt: skip
    assert told(content) == {("join-never", "j")}


def test_an_error_that_leaves_the_sub_process_does_not_hang_its_join():
    inside = sub(
        "a", start("as"), parallel("g"), limited("u"), choice("x", "x__j"), limited("v"),
        parallel("j"), end("ae"), end("bad", error("E")), chain("as", "g", "u", "x", "j", "ae"),
        chain("g", "v", "j"), flow("x", "bad", "case.ruled"),
    )  # fmt: skip
    content = process(
        start(), inside, boundary("b", "a", error("E")), end(), end("e2"), chain("s", "a", "e"),
        flow("b", "e2"), extra=errors("E"),
    )  # fmt: skip
    assert told(content) == set()


def test_what_runs_twice_for_want_of_a_join_is_told():
    content = process(
        start(), parallel("g"), limited("u"), limited("v"), choice("m"), limited("w"), end(),
        chain("s", "g", "u", "m", "w", "e"), chain("g", "v", "m"),
    )  # fmt: skip
    assert told(content) == {("runs-twice", "m")}


def choices_beside(number: int, last: str = "") -> bytes:
    """A parallel split into choices, each of which comes back to the join; the last may not."""
    ways = [
        chain("g", f"x{n}", f"u{n}", f"m{n}", "j") + flow(f"x{n}", f"m{n}", "case.ruled")
        for n in range(number)
    ]
    nodes = [
        choice(f"x{n}", f"x{n}__u{n}") + limited(f"u{n}") + choice(f"m{n}") for n in range(number)
    ]
    return process(start(), parallel("g"), *nodes, parallel("j"), end(), last, chain("s", "g"),
                   *ways, chain("j", "e"))  # fmt: skip


def test_a_join_of_many_tasks_is_followed_to_its_end():
    keys = [f"u{n}" for n in range(40)]
    stuck = choice("x", "x__j") + end("left") + flow("x", "left", "case.ruled")
    content = process(
        start(), parallel("g"), *(limited(key) for key in keys), stuck, parallel("j"), end(),
        chain("s", "g"), *(chain("g", key, "j") for key in keys), chain("g", "x", "j", "e"),
    )  # fmt: skip
    assert told(content) == {("join-never", "j")}


def test_a_scope_of_too_many_ways_is_given_up_and_not_judged():
    content = choices_beside(14)
    [scope] = scopes(read(content).process("p"))
    with pytest.raises(TooWide):
        TokenGame(scope, MAX_MARKINGS)
    assert "join-never" not in {rule for rule, _ in told(content)}


def test_loops_are_found_as_by_trying_every_way():
    for seed in range(500):
        chance = random.Random(seed)
        nodes = {str(n): Node(None, str(n), "task") for n in range(chance.randrange(1, 9))}
        for _ in range(chance.randrange(14)):
            one, other = chance.choice(list(nodes)), chance.choice(list(nodes))
            nodes[one].outgoing.append(Flow(None, "", one, other, None))
        scope = Scope(None, nodes, [], [], None)
        slow = {
            frozenset(reached(scope, list(node.after())) & reached(scope, [key], forward=False))
            for key, node in nodes.items()
            if key in reached(scope, list(node.after()))
        }
        assert {frozenset(group) for group in cyclic(scope)} == slow


# Every user task has a limit, or says why not ---------------------------------------------------


@pytest.mark.parametrize(
    "task",
    [
        user("u", limit="handling"),
        user("u", no_limit="市民自己决定", no_limit_en="The citizen decides"),
        user("u") + boundary("b", "u", timer("5 WD"), False) + end("late") + flow("b", "late"),
    ],
)
def test_a_task_with_a_limit_or_a_reason_is_taken(task):
    assert told(straight(task)) == set()


def test_a_timer_on_the_stage_is_a_limit_for_its_tasks():
    inner = sub("a", start("as"), user("u"), end("ae"), chain("as", "u", "ae"))
    late = boundary("b", "a", timer("5 WD"), False) + end("late") + flow("b", "late")
    assert told(straight(inner, late, way=("a",))) == set()
    assert told(straight(inner, way=("a",))) == {("user-limit", "u")}


# The citizen's clock is never reset --------------------------------------------------------------


def around_again(body: str, key: str, *, first: str = "") -> bytes:
    return process(
        first, start(), choice("m"), body, choice("x", "x__e"), end(),
        chain("s", "m", key, "x", "e"), flow("x", "m", "case.handle_again"),
    )  # fmt: skip


def test_a_loop_that_opens_a_citizens_limit_anew_is_told():
    assert told(around_again(user("u", **CITIZENS), "u")) == {("clock-reset", "u")}


def test_a_loop_around_the_stage_of_the_task_opens_it_anew_too():
    inner = sub("a", start("as"), user("u", **CITIZENS), end("ae"), chain("as", "u", "ae"))
    assert told(around_again(inner, "a")) == {("clock-reset", "u")}


def test_a_promise_of_its_own_on_each_round_is_said_so():
    said = properties(renewed="contact")
    assert told(around_again(user("u", **CITIZENS), "u", first=said)) == set()
    said = properties(renewed="contact, cntact")
    assert told(around_again(user("u", **CITIZENS), "u", first=said)) == {("renewed-unknown", "p")}


def test_a_timer_on_the_stage_runs_on_through_all_rounds():
    inner = sub("a", start("as"), user("u", **CITIZENS), end("ae"), chain("as", "u", "ae"))
    late = node(
        "boundaryEvent", "b", properties(**CITIZENS) + timer("contact", "timeDate"),
        attachedToRef="a", cancelActivity="false",
    )  # fmt: skip
    assert told(around_again(inner + late + end("late") + flow("b", "late"), "a")) == set()


def test_a_citizens_timer_in_a_loop_begins_anew_too():
    waits = node(
        "intermediateCatchEvent", "w", properties(**CITIZENS) + timer("contact", "timeDate")
    )
    assert told(around_again(waits, "w")) == {("clock-reset", "w")}
    late = node("boundaryEvent", "b", properties(**CITIZENS) + timer("contact", "timeDate"),
                attachedToRef="u", cancelActivity="false")  # fmt: skip
    drawn = limited("u") + late + end("late") + flow("b", "late")
    assert told(around_again(drawn, "u")) == {("clock-reset", "b")}


def test_a_units_limit_may_begin_anew():
    assert told(around_again(limited("u"), "u")) == set()


def test_one_limit_on_two_clocks_is_told():
    content = straight(
        user("u", limit="contact", clock="citizen"),
        node("intermediateCatchEvent", "w", properties(limit="contact", clock="unit")
             + timer("contact", "timeDate")),
        way=("u", "w"),
    )  # fmt: skip
    assert told(content) == {("clock-mixed", "w")}


# No office of the accused unit can read a confidential case -------------------------------------


@pytest.mark.parametrize("unit", ["responsible", "co_unit", "candidates", ""])
def test_a_sealed_case_is_given_to_nobody_but_the_compartment(unit):
    content = straight(limited("u", unit=unit), first=SEALED)
    assert ("sealed-unit", "u") in told(content)
    assert ("sealed-unit", "u") not in told(straight(limited("u", unit=unit)))


def test_a_sealed_case_is_done_by_roles_of_the_compartment():
    content = straight(limited("u", unit="office", roles="inspector, handler"), first=SEALED)
    assert told(content, sealed_roles={"inspector"}) == {("sealed-role", "u")}
    assert told(content) == set(), "which roles sit in a compartment is not known here"


@pytest.mark.parametrize("asks", ["slip/issue", "matter/join", "case/archive"])
def test_a_sealed_case_is_not_made_known_by_an_operation(asks):
    parts = limited("u", unit="office"), service("x", asks)
    assert told(straight(*parts, way=("u", "x"), first=SEALED)) == {("sealed-operation", "x")}


def test_a_process_that_seals_says_that_it_is_sealed():
    parts = limited("u", unit="office"), service("x", "case/archive_sealed")
    assert told(straight(*parts, way=("u", "x"))) == {("sealed-undeclared", "x")}
    assert told(straight(*parts, way=("u", "x"), first=SEALED)) == set()
    odd = straight(limited("u"), first=properties(sealed="si"))
    assert told(odd) == {("sealed-undeclared", "p")}


# More rules, and what runs already ---------------------------------------------------------------


def test_what_is_deployed_runs_on_under_the_rules_of_its_day():
    content = around_again(user("u", **CITIZENS), "u")
    with pytest.raises(InvalidDiagram):
        parse("p", content, {})
    assert parse("p", content, {}, deployed=True).elements["u"].limit == "contact"


def test_a_rule_that_fails_refuses_the_file_in_words(monkeypatch, caplog):
    def fails(context):
        raise KeyError("a slip of ours")

    broken = Rule("broken", "error", "diagram", "", "", fails)
    monkeypatch.setitem(RULES, "broken", broken)
    [fault] = [fault for fault in check("p", straight(), {}) if fault.severity == "error"]
    assert (fault.rule, fault.line) == ("internal", 1)
    assert "broken" in fault.message
    assert "the rule broken failed" in caplog.text


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(ValueError, match="twice"):
        rule("dead-end", zh="", en="")(lambda _context: ())


def test_what_is_said_to_people_is_said_in_english_too():
    content = straight(limited("u", public_name="办理中", no_limit="不限"))
    assert told(content) == {("name-en", "u")}
    both = {"public_name_en": "Handled", "no_limit_en": "None"}
    assert told(straight(limited("u", public_name="办理中", no_limit="不限", **both))) == set()


def test_a_rule_that_is_off_is_not_asked():
    content = straight(node("userTask", "u", extensions("<odd/>")))
    rules = {fault.rule for fault in check("p", content, {})}
    assert rules >= {"user-form", "user-roles"}
    left = {fault.rule for fault in check("p", content, {}, off={"user-form"})}
    assert rules - left == {"user-form"}


def test_a_token_game_keeps_to_its_room():
    [scope] = scopes(read(choices_beside(4)).process("p"))
    assert 100 < TokenGame(scope, MAX_MARKINGS).seen < MAX_MARKINGS
    with pytest.raises(TooWide):
        TokenGame(scope, 100)
