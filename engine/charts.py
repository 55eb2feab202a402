"""Charts (图): SVG drawn on the server, each with a title, a description and its table.

Colours are presentation attributes and classes, so that a strict policy and paper both hold; parts
are told apart by lightness, by dashes and by words, never by hue alone. Long words stand in HTML.
Pages and official papers show the same drawings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

# Dark, light, middle, very light: the order in which parts of a bar and series take them.
SHADES = ("#0d4f4c", "#a9cdc7", "#5f9a92", "#eef2f1")
_LINE, _INK = "#76857f", "#0d4f4c"
_DASHES = ("", "7 4", "2 3", "9 3 2 3")
_WIDE, _LEFT, _RIGHT = 640, 44, 92
_APART = 15  # from one name to the next beneath it


@dataclass(frozen=True)
class Chart:
    """A drawing and the same as a table. head: of each column; the first of a row is its name."""

    svg: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str


@dataclass(frozen=True)
class Part:
    """A part of a bar. told: its number in words."""

    label: str
    value: float
    told: str


@dataclass(frozen=True)
class Series:
    """A line: its name and a value for each place, None for what is not known."""

    name: str
    values: Sequence[float | None]


def stacked(title: str, description: str, parts: Sequence[Part], head: Sequence[str]) -> Chart:
    """One bar in parts, its legend beside it as words of the table."""
    whole = sum(part.value for part in parts)
    drawn, x = [], 0.0
    for place, part in enumerate(parts):
        width = _WIDE * part.value / whole if whole else 0
        if width:
            drawn.append(
                _tag("rect", x=x, y=0.5, width=max(width - 2, 1), height=22, **_shade(place))
            )
        x += width
    svg = _svg(title, description, 24, drawn)
    return Chart(svg, head, [(part.label, part.told) for part in parts], title)


def bars(
    title: str, description: str, parts: Sequence[Part], head: Sequence[str], *, most: float = 0
) -> Chart:
    """A bar beneath each other for each part; names stand in the table, numbers at the bars."""
    top = most or max((part.value for part in parts), default=0) or 1
    drawn, room = [], _WIDE - _LEFT - _RIGHT
    for place, part in enumerate(parts):
        y = 26 * place
        width = room * min(part.value, top) / top
        drawn += [
            _text(str(place + 1), _LEFT - 8, y + 16, "end"),
            _tag("rect", x=_LEFT, y=y + 3, width=max(width, 1), height=18, fill=SHADES[0]),
            _text(part.told, _LEFT + width + 6, y + 16, "start", "val"),
        ]
    svg = _svg(title, description, 26 * max(len(parts), 1), drawn)
    rows = [(f"{place}. {part.label}", part.told) for place, part in enumerate(parts, 1)]
    return Chart(svg, head, rows, title)


def columns(
    title: str,
    description: str,
    places: Sequence[str],
    series: Sequence[Series],
    head: Sequence[str],
) -> Chart:
    """Columns side by side at each place, numbers above; the first series is the lightest."""
    known = [value for one in series for value in one.values if value is not None]
    top = max(known, default=0) or 1
    step, drawn = (_WIDE - _LEFT) / max(len(places), 1), list[Markup]()
    width = min(step * 0.8 / max(len(series), 1), 40)
    for place, word in enumerate(places):
        x = _LEFT + step * place + (step - width * len(series)) / 2
        drawn.append(_text(word, _LEFT + step * (place + 0.5), 176, "middle"))
        for number, one in enumerate(series):
            value = one.values[place]
            if value is None:
                continue
            high, left = 130 * value / top, x + width * number
            shade = {"fill": SHADES[(1, 0, 2, 3)[number % len(SHADES)]], "stroke": _LINE}
            drawn += [
                _tag("rect", x=left, y=156 - high, width=width - 3, height=max(high, 1), **shade),
                _text(f"{value:g}", left + width / 2 - 1.5, 150 - high, "middle", "val"),
            ]
    drawn.append(_tag("path", d=f"M{_LEFT} 156.5H{_WIDE}", stroke=_LINE, fill="none"))
    if len(series) > 1:
        for number, one in enumerate(series):
            left = _LEFT + 150.0 * number
            shade = {"fill": SHADES[(1, 0, 2, 3)[number % len(SHADES)]], "stroke": _LINE}
            drawn += [
                _tag("rect", x=left, y=190.0, width=12, height=12, **shade),
                _text(one.name, left + 18, 201, "start"),
            ]
    svg = _svg(title, description, 210 if len(series) > 1 else 184, drawn)
    rows = [
        (word, *("—" if one.values[n] is None else f"{one.values[n]:g}" for one in series))
        for n, word in enumerate(places)
    ]
    return Chart(svg, head, rows, title)


def ageing(title: str, description: str, parts: Sequence[Part], head: Sequence[str]) -> Chart:
    """A column for each age, from the youngest to the oldest; the older, the darker."""
    top = max((part.value for part in parts), default=0) or 1
    step, drawn = (_WIDE - 20) / max(len(parts), 1), list[Markup]()
    for place, part in enumerate(parts):
        height = 120 * part.value / top
        x, share = 10 + step * place, place / max(len(parts) - 1, 1)
        shade = SHADES[(1, 2, 0)[min(2, floor(share * 3))]]
        drawn += [
            _tag(
                "rect",
                x=x + step * 0.15,
                y=146 - height,
                width=step * 0.7,
                height=max(height, 1),
                fill=shade,
                stroke=_INK,
            ),
            _text(part.told, x + step / 2, 140 - height, "middle", "val"),
            _text(part.label, x + step / 2, 162, "middle"),
        ]
    drawn.append(_tag("path", d=f"M10 146.5H{_WIDE - 10}", stroke=_LINE, fill="none"))
    svg = _svg(title, description, 170, drawn)
    return Chart(svg, head, [(part.label, part.told) for part in parts], title)


def lines(
    title: str,
    description: str,
    places: Sequence[str],
    series: Sequence[Series],
    head: Sequence[str],
    *,
    unit: str = "",
) -> Chart:
    """Lines over places in time, told apart by dashes and by the name at their end.

    unit: written behind numbers, such as "%".
    """
    known = [value for one in series for value in one.values if value is not None]
    low, high = _axis(known)
    width, height = _WIDE - _LEFT - _RIGHT, 130

    def x(place: int) -> float:
        return _LEFT + width * place / max(len(places) - 1, 1)

    def y(value: float) -> float:
        return 12 + height * (1 - (value - low) / (high - low))

    drawn = []
    for mark in (low, (low + high) / 2, high):
        drawn += [
            _tag("path", d=f"M{_LEFT} {y(mark):.1f}H{_LEFT + width}", **{"class": "g"}),
            _text(f"{mark:g}{unit}", _LEFT - 6, y(mark) + 4, "end"),
        ]
    drawn += [_text(word, x(n), height + 32, "middle") for n, word in enumerate(places)]
    for number, one in enumerate(series):
        drawn += _line(one, number, x, y)
    drawn += _names(series, x, y, 12.0 + height)
    svg = _svg(title, description, height + 42, drawn)
    rows = [
        (word, *(_told(one.values[n], unit) for one in series)) for n, word in enumerate(places)
    ]
    return Chart(svg, head, rows, title)


def interval(low: float, middle: float, high: float, title: str) -> Markup:
    """Between which percents a share lies, on a scale from 0 to 100."""
    scale = 1.2

    def x(value: float) -> float:
        return 4 + scale * value

    drawn = [
        _tag("path", d=f"M{x(0)} 14.5H{x(100)}M{x(100)} 2v12", stroke="#b8c4c0", fill="none"),
        _tag(
            "rect",
            x=x(low),
            y=5,
            width=max(scale * (high - low), 2),
            height=6,
            rx=3,
            fill=SHADES[2],
        ),
        _tag("circle", cx=x(middle), cy=8, r=4.5, fill=_INK),
    ]
    return Markup(
        '<svg class="chart" width="130" height="18" viewBox="0 0 130 18" role="img">'
        "<title>{}</title>{}</svg>"
    ).format(title, Markup("").join(drawn))


def _line(
    one: Series, number: int, x: Callable[[int], float], y: Callable[[float], float]
) -> list[Markup]:
    path, drawn, pen = [], list[Markup](), "M"
    for place, value in enumerate(one.values):
        if value is None:
            pen = "M"
            continue
        at = x(place), y(value)
        path.append(f"{pen}{at[0]:.1f} {at[1]:.1f}")
        drawn.append(_tag("circle", cx=at[0], cy=at[1], r=3.5 if number else 4, fill=_INK))
        pen = "L"
    dashes = {"stroke-dasharray": _DASHES[number % len(_DASHES)]} if number else {}
    stroke = {"stroke": _INK, "stroke-width": 2, "fill": "none", **dashes}
    return [_tag("path", d=" ".join(path), **stroke), *drawn] if path else []


def _names(
    series: Sequence[Series], x: Callable[[int], float], y: Callable[[float], float], low: float
) -> list[Markup]:
    """The name of each line at its end; where lines end alike, beneath each other down to `low`.

    Of lines that end in one place, the one that comes from above is named above.
    """
    ends: list[tuple[list[float], float, int]] = []
    for number, one in enumerate(series):
        known = [(place, value) for place, value in enumerate(one.values) if value is not None]
        if known:
            ends.append(([y(value) for _, value in known[::-1]], x(known[-1][0]), number))
    ends.sort()
    placed: list[tuple[float, float, int]] = []
    for heights, left, number in ends:
        beside = [at for at, other, _ in placed if abs(other - left) < _RIGHT]
        placed.append((max([heights[0], *(at + _APART for at in beside)]), left, number))
    # What came to stand too low moves up again, and what is in its way with it.
    raised: list[tuple[float, float, int]] = []
    for at, left, number in reversed(placed):
        beside = [other for other, its, _ in raised if abs(its - left) < _RIGHT]
        raised.append((min([at, low, *(other - _APART for other in beside)]), left, number))
    raised.sort(key=lambda one: one[2])
    return [_text(series[n].name, left + 8, at + 4, "start", "val") for at, left, n in raised]


def _axis(values: Sequence[float]) -> tuple[float, float]:
    """The ends of a scale that holds all of them, in round numbers; never of no height."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high == low:
        low, high = low - 1, high + 1
    step = float(10 ** floor(log10(high - low)))
    return step * floor(low / step), step * ceil(high / step)


def _told(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:.1f}{unit}"


def _shade(place: int) -> dict[str, object]:
    return {"fill": SHADES[place % len(SHADES)], "stroke": _LINE}


def _svg(title: str, description: str, height: float, drawn: Sequence[Markup]) -> Markup:
    # A title and a description that are children need no ids, and so no page to number them.
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {} {}" width="{}" '
        'height="{}" role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(_WIDE, ceil(height), _WIDE, ceil(height), title, description, Markup("").join(drawn))


def _text(words: str, x: float, y: float, anchor: str, cls: str = "") -> Markup:
    more = {"class": cls} if cls else {}
    attributes = _attributes({"x": x, "y": y, "text-anchor": anchor, **more})
    return Markup("<text{}>{}</text>").format(attributes, words)


def _tag(name: str, **attributes: object) -> Markup:
    return Markup("<{}{}/>").format(name, _attributes(attributes))


def _attributes(given: dict[str, object]) -> Markup:
    told = [
        Markup(' {}="{}"').format(
            name, f"{value:.1f}" if isinstance(value, float) else escape(str(value))
        )
        for name, value in given.items()
    ]
    return Markup("").join(told)
