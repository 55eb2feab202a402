"""Rules of a decision's answers: every question has one, and in a UNIQUE table only one."""

from collections.abc import Iterator

from engine.bpmn.decisions import Table
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import Decision


@rule(
    "default-row",
    subject="decision",
    zh="总有一种情况没人想到，表没有答案，诉求就停在那里。加一行全空的默认行（FIRST），或者给输"
    "出写默认值。",
    en="There is always a case nobody thought of; without an answer it stops there. Add a row "
    "whose tests are all empty (FIRST), or default results.",
)
def default_row(decision: Decision) -> Iterator[Found]:
    """Every question has an answer."""
    table = decision.answerable
    if table is None or _open_ended(table):
        return
    if any(reads.names or reads.facts for _, reads, _ in decision.readable()):
        yield Found(
            decision.grid,
            "rows compare with variables, so it cannot be seen that one always fits; add a row "
            "whose tests are all empty, or default results",
        )
        return
    if not decision.trials.whole:
        yield Found(
            decision.grid,
            "too many combinations to see that a row always fits; add a row whose tests are all "
            "empty (FIRST) or default results",
        )
        return
    for shown, rows in decision.trials:
        if not rows:
            yield Found(
                decision.grid,
                f"no row fits {shown}; add a default row (all tests empty, or not(...) of the "
                "others) or default results",
            )
            return


@rule(
    "rows-overlap",
    subject="decision",
    zh="UNIQUE 表只许一行命中，两行都命中时诉求会停在那里。把其中一行收窄，或者改用 FIRST。",
    en="In a UNIQUE table one row may fit; where two do, a case stops there. Narrow one of "
    "them, or choose FIRST.",
)
def rows_overlap(decision: Decision) -> Iterator[Found]:
    """In a UNIQUE table no two rows fit one question."""
    table = decision.answerable
    if table is None or table.hit_policy != "UNIQUE":
        return
    for shown, rows in decision.trials:
        if len(rows) > 1:
            numbers = " and ".join(map(str, rows[:4]))
            yield Found(
                decision.grid,
                f"rows {numbers} both fit {shown}, but a UNIQUE table answers once; narrow one "
                "of them or choose FIRST",
            )
            return


def _open_ended(table: Table) -> bool:
    """Whether a table has an answer whatever is asked."""
    catches_all = any(all(cell is None for cell in row.tests) for row in table.rows)
    has_default = all(output.default is not None for output in table.outputs)
    return table.hit_policy == "COLLECT" or has_default or catches_all
