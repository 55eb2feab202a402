"""A decision as its page shows it: rows and tests as texts, what came of each test in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from engine.designing import decision_tests
from engine.designing.decision_grid import Column
from engine.designing.decision_tests import Asked, Result, Tested
from web import i18n

MOST_NAMED = 20  # rules named one by one


@dataclass(frozen=True)
class Cell:
    """One value of a test: its control, what stands in it, whether it cannot be read."""

    control: str
    asked: Asked
    text: str
    bad: bool = False


@dataclass(frozen=True)
class Told:
    """What came of a test. technical: said by the engine, in English."""

    state: str
    text: str
    technical: bool = False


@dataclass(frozen=True)
class Row:
    """A test as a row of the table; the last one is empty and waits."""

    number: int
    given: tuple[Cell, ...]
    wanted: tuple[Cell, ...]
    told: Told | None


def rows(
    tested: Tested, typed: Mapping[str, str] | None = None, bad: frozenset[str] = frozenset()
) -> list[Row]:
    """The tests and an empty row. typed: what stood in the controls when they were refused."""
    made = [_row(number, tested, one, typed, bad) for number, one in enumerate(tested.results)]
    return [*made, _row(len(made), tested, None, typed, bad)]


def label(asked: Asked | Column) -> str:
    """What a column is called in the page's language."""
    return i18n.pick({"zh": asked.zh, "en": asked.en or asked.zh})


def result(one: Result, tested: Tested) -> Told:
    """What came of a test, in words."""
    if one.refused:
        sentence = _refused(one.refused)
        return Told("late", sentence or one.refused, technical=not sentence)
    numbers = _("、").join(str(number) for number in one.rules[:MOST_NAMED])
    if one.passed and not one.rules:
        return Told("ok", _("对上了（默认值）"))
    if one.passed:
        return Told("ok", _("对上了，第 %(n)s 行", n=numbers))
    came = _("，").join(
        f"{label(asked)} = {_shown(one.came[asked.name])}"
        for asked in tested.outputs
        if asked.name in one.came
    )
    return Told("late", _("来的是 %(came)s（第 %(n)s 行）", came=came, n=numbers or "–"))


def coverage(tested: Tested) -> tuple[str, str]:
    """(state, sentence): how many tests pass, which rules none reaches."""
    if tested.fault:
        return "late", _("表还不能算，测试先不跑。")
    if not tested.results:
        return "soon", _("还没有测试。写一行：给什么，应该出什么。")
    passed = len(tested.results) - tested.failed
    told = _("%(passed)s 个测试对上，共 %(all)s 个。", passed=passed, all=len(tested.results))
    if tested.left_out:
        told += ngettext(
            "还有 %(num)d 个没有跑：行和测试太多。",
            "还有 %(num)d 个没有跑：行和测试太多。",
            tested.left_out,
        )
    if tested.unreached:
        told += _("没有测试到的行：%(rows)s。", rows=_numbers(tested.unreached))
    else:
        told += _("每一行都测到了。")
    if tested.failed or tested.left_out:
        return "late", told
    return ("soon" if tested.unreached else "ok"), told


def _numbers(numbers: Sequence[int]) -> str:
    named = _("、").join(str(number) for number in numbers[:MOST_NAMED])
    if len(numbers) > MOST_NAMED:
        return str(_("%(rows)s 等 %(n)s 行", rows=named, n=i18n.count(len(numbers))))
    return str(named)


def _row(
    number: int,
    tested: Tested,
    one: Result | None,
    typed: Mapping[str, str] | None,
    bad: frozenset[str],
) -> Row:
    def cells(
        letter: str, asked: Sequence[Asked], values: Mapping[str, object]
    ) -> tuple[Cell, ...]:
        found = []
        for index, column in enumerate(asked):
            control = f"{letter}.{number}.{index}"
            kept = decision_tests.spelled(values[column.name]) if column.name in values else ""
            text = kept if typed is None else typed.get(control, "")
            found.append(Cell(control, column, text, control in bad))
        return tuple(found)

    given = one.test.given if one else {}
    wanted = one.test.wanted if one else {}
    return Row(
        number,
        cells("i", tested.inputs, given),
        cells("o", tested.outputs, wanted),
        result(one, tested) if one and typed is None else None,
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return decision_tests.spelled(value) or str(_("（空）"))


_BOTH = re.compile(r"rows (.+) both fit, but a UNIQUE table answers once")


def _refused(message: str) -> str:
    """The usual refusals in the page's language, empty for another."""
    both = _BOTH.search(message)
    if both:
        numbers = both[1].replace(" and ", _("、"))
        return str(_("第 %(n)s 行都对得上，UNIQUE 只能有一行。", n=numbers))
    if "no row fits and there is no default" in message:
        return str(_("没有一行对得上，也没有默认值：这样的诉求会停在这里。"))
    return ""
