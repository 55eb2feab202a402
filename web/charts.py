"""The charts of pages: drawn by `engine.charts`, which official papers use as well."""

from engine.charts import (
    SHADES,
    Chart,
    Part,
    Series,
    ageing,
    bars,
    columns,
    interval,
    lines,
    stacked,
)

__all__ = [
    "SHADES",
    "Chart",
    "Part",
    "Series",
    "ageing",
    "bars",
    "columns",
    "interval",
    "lines",
    "stacked",
]
