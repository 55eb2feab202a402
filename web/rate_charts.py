"""The charts of a rate: its parts, and its course over months."""

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from engine.rates.definition import Definition
from engine.rates.figures import Figure
from web import charts, i18n
from web import rate_words as words
from web.charts import Chart, Part, Series


def parts(one: Definition, figure: Figure | None) -> Chart | None:
    """What was counted, not counted and left out, as one bar."""
    if figure is None or not figure.looked_at:
        return None
    told = [
        Part(str(words.LISTS[key]), number, i18n.count(number))
        for key, number in (
            ("counted", figure.numerator),
            ("missed", figure.missed),
            ("excluded", figure.left_out),
        )
    ]
    said = _("，").join(f"{part.label} {part.told}" for part in told)
    return charts.stacked(i18n.pick(one.name), said, told, (_("部分"), _("件数")))


def course(one: Definition, trend: Sequence[tuple[date, Figure]]) -> Chart | None:
    """The percent of each month."""
    known = [figure for _first, figure in trend if figure.percent is not None]
    if len(known) < 2:
        return None
    name = i18n.pick(one.name)
    months = [i18n.month(first, short=True) for first, _figure in trend]
    return charts.lines(
        _("%(rate)s：近 %(n)s 个月", rate=name, n=len(trend)),
        _("每个月的百分数；没有可算的月份断开。"),
        months,
        [Series("", [figure.percent for _first, figure in trend])],
        (_("月份"), name),
        unit="%",
    )
