"""Diagrams that are hard on history: loops around joins, multi-instances, nested clocks."""

from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    escalation,
    escalations,
    events,
    flow,
    message,
    messages,
    multi,
    parallel,
    process,
    rule,
    script,
    service,
    start,
    sub,
    table,
    throw,
    timer,
    user,
)  # fmt: skip

AGAIN = choice("x", "x__e") + flow("x", "m", "again") + flow("x", "e")


def looped(*inner: str) -> bytes:
    """A sub-process, gone through again while the last person says so."""
    return process(
        start(), choice("m"), sub("round", start("rs"), *inner, end("re")), user("c"), AGAIN, end(),
        chain("s", "m", "round", "c", "x"), extra=messages("woken", "undone") + escalations("up"),
    )  # fmt: skip


def _parallel() -> bytes:
    return looped(
        parallel("f"), user("a"), user("a2"), user("b"), parallel("j"), user("d"),
        chain("rs", "f", "a", "a2", "j", "d", "re"), chain("f", "b", "j"),
    )  # fmt: skip


def _inclusive() -> bytes:
    return looped(
        user("say"), choice("f", "f__k", "inclusive"), user("a"), user("b"), user("k"),
        choice("j", kind="inclusive"), user("d"), chain("rs", "say", "f"),
        flow("f", "a", "n &gt; 0"), flow("f", "b", "n &gt; 1"), flow("f", "k"),
        chain("a", "j", "d", "re"), chain("b", "j"), chain("k", "j"),
    )  # fmt: skip


def _multi(sequential: bool) -> bytes:
    return process(
        start(), choice("m"), script("list", 'units = case.co_units\nresults = []'),
        user("each", multi("units", "unit", "results", "result", sequential)),
        boundary("late", "each", timer("co_handling"), False), end("told"), user("c"), AGAIN, end(),
        chain("s", "m", "list", "each", "c", "x"), chain("late", "told"),
    )  # fmt: skip


def _multi_sub() -> bytes:
    inner = sub(
        "co",
        multi("units", "unit", "results", "res"),
        start("cs"), user("c1"), user("c2"), boundary("ct", "c2", timer("3 WD")),
        script("cr", "res = unit"), end("ce"),
        chain("cs", "c1", "c2", "cr", "ce"), flow("ct", "cr"),
    )  # fmt: skip
    return process(
        start(), choice("m"), script("list", "units = case.co_units\nresults = []"), inner,
        user("c"), AGAIN, end(), chain("s", "m", "list", "co", "c", "x"),
    )  # fmt: skip


def _nested() -> bytes:
    inner = sub(
        "inner", start("is"), user("ia"), throw("raise", escalation("up")), user("ib"),
        boundary("it", "ib", timer("P2D")), user("ilate"), end("ie"), end("ie2"),
        chain("is", "ia", "raise", "ib", "ie"), chain("it", "ilate", "ie2"),
    )  # fmt: skip
    outer = sub(
        "outer", start("os"), user("oa"), inner,
        boundary("be", "inner", escalation("up"), False), user("boss"), end("oe"), end("oe2"),
        chain("os", "oa", "inner", "oe"), chain("be", "boss", "oe2"),
    )  # fmt: skip
    return process(
        start(), choice("m"), outer, boundary("ot", "outer", timer("handling", "timeDate"), False),
        boundary("stop", "outer", timer("60 d")), user("remind"), end("te"), user("fix"), user("c"),
        AGAIN, end(), chain("s", "m", "outer", "c", "x"), chain("ot", "remind", "te"),
        chain("stop", "fix", "c"), extra=escalations("up"),
    )  # fmt: skip


def _gateway() -> bytes:
    return looped(
        events("w"), catch("heard", message("woken")), catch("gone", timer("1 WD")),
        catch("off", message("undone")), user("a"), user("b"), service("ask", "supervision/start",
        cause='"press"', target="case.unit"), end("re2"), end("re3"),
        chain("rs", "w", "heard", "a", "re"), chain("w", "gone", "ask", "b", "re2"),
        chain("w", "off", "re3"),
    )  # fmt: skip


def _side() -> bytes:
    return looped(
        user("a"), boundary("warn", "a", timer("1 WD"), False),
        boundary("over", "a", timer("3 WD")),
        service("urge", "notice/send", kind='"warning"'), end("urged"), user("late"),
        rule("grade", "grade"), chain("rs", "a", "grade", "re"), chain("warn", "urge", "urged"),
        chain("over", "late", "grade"),
    )  # fmt: skip


GRADE = table("grade", ["case.kind"], ["class_key"], ['"help"', '"a"'], ["", '"b"'])
DECISIONS = {"grade.dmn": GRADE}
HARD: dict[str, bytes] = {
    "parallel join": _parallel(),
    "inclusive join": _inclusive(),
    "parallel multi-instance": _multi(False),
    "sequential multi-instance": _multi(True),
    "multi-instance of a sub-process": _multi_sub(),
    "nested clocks and escalation": _nested(),
    "event gateway": _gateway(),
    "side branches": _side(),
}
