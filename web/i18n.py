"""Two languages on screen: which one, and how dates, durations and bilingual texts read in it.

Chinese is written in the sources and is its own translation; English comes from
`translations/en`. English texts use straight apostrophes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, gettext, ngettext
from flask_login import current_user
from markupsafe import Markup

from engine import clock

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}
COOKIE = "language"
_YEAR = 365 * 24 * 3600

_DAYS = ("一", "二", "三", "四", "五", "六", "日")
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_app(app: Flask, zone: ZoneInfo) -> None:
    """Install the languages, their filters and the cookie that remembers a choice."""
    app.config["HUIYIN_ZONE"] = zone
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES["zh"]
    Babel(app, locale_selector=lambda: LANGUAGES[language()])
    app.after_request(_remember)
    app.add_template_filter(pick, "lang")
    for spell in (day, moment, short_day, short_moment, time_of_day, month_day, iso, count):
        app.add_template_filter(spell)
    app.add_template_global(language)
    app.add_template_global(html_language)


def language() -> str:
    """`zh` or `en`: asked for in the address, remembered, set by the person, or accepted."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        g.language = _choose()
    chosen: str = g.language
    return chosen


@contextmanager
def in_chinese() -> Iterator[None]:
    """Spell times as citizens and colleagues read them, whatever the page's language."""
    before, g.language = language(), "zh"
    try:
        yield
    finally:
        g.language = before


def html_language() -> str:
    """The `lang` attribute of the page."""
    return "en" if language() == "en" else "zh-CN"


def _choose() -> str:
    wishes = (
        request.args.get("lang"),
        request.cookies.get(COOKIE),
        None if g.get("plain") else getattr(current_user, "language", None),
    )
    for wish in wishes:
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(["zh", "en"], default="zh") or "zh"


def _remember(response: Response) -> Response:
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE,
            request.args["lang"],
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def pick(texts: Mapping[str, str] | str | None) -> str:
    """The text of a bilingual value `{"zh", "en"}`; Chinese where English is not given."""
    if texts is None or isinstance(texts, str):
        return texts or ""
    return texts.get(language()) or texts.get("zh") or next(iter(texts.values()), "")


def written(text: str) -> str:
    """What people wrote, in Chinese: marked as such on an English page, for those who listen."""
    return Markup('<span lang="zh-CN">{}</span>').format(text) if language() == "en" else text


def local(at: datetime) -> datetime:
    """An instant on the wall clock of this database's time zone."""
    zone: ZoneInfo = current_app.config["HUIYIN_ZONE"]
    return at.astimezone(zone)


def _local_day(on: date) -> date:
    return local(on).date() if isinstance(on, datetime) else on


def month_day(on: date) -> str:
    """`10月14日`, `14 Oct`; with the year when it is not this year's."""
    on = _local_day(on)
    this_year = on.year == local(clock.now()).year
    if language() == "en":
        return f"{on.day} {_MONTHS_EN[on.month - 1]}" + ("" if this_year else f" {on.year}")
    return ("" if this_year else f"{on.year}年") + f"{on.month}月{on.day}日"


def month(on: date, *, short: bool = False) -> str:
    """`2026年10月`, `Oct 2026`; short for an axis: `10月`, `Oct`."""
    if language() == "en":
        return _MONTHS_EN[on.month - 1] + ("" if short else f" {on.year}")
    return ("" if short else f"{on.year}年") + f"{on.month}月"


def day(on: date) -> str:
    """`10月14日（周三）`, `Wed 14 Oct`."""
    on = _local_day(on)
    if language() == "en":
        return f"{_DAYS_EN[on.weekday()]} {month_day(on)}"
    return f"{month_day(on)}（周{_DAYS[on.weekday()]}）"


def short_day(on: date) -> str:
    """`10-14`, for dense tables; `2025-10-14` when it is not this year's."""
    on = _local_day(on)
    this_year = on.year == local(clock.now()).year
    return f"{on:%m-%d}" if this_year else f"{on:%Y-%m-%d}"


def time_of_day(at: datetime) -> str:
    """`18:00`."""
    return f"{local(at):%H:%M}"


def moment(at: datetime) -> str:
    """`10月14日（周三）18:00`, `Wed 14 Oct, 18:00`."""
    return f"{day(at)}{', ' if language() == 'en' else ''}{time_of_day(at)}"


def short_moment(at: datetime) -> str:
    """`10月9日 16:20`, `9 Oct 16:20`."""
    return f"{month_day(at)} {time_of_day(at)}"


def iso(at: date) -> str:
    """For the `datetime` attribute of <time>; instants in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, datetime) else str(at)


def weekday(on: date) -> str:
    """`周三`, `Wed`."""
    return _DAYS_EN[on.weekday()] if language() == "en" else f"周{_DAYS[on.weekday()]}"


def count(number: int) -> str:
    """A figure with thousands: `1,284`."""
    return f"{number:,}"


def duration(days: int, minutes: int, *, short: bool = False) -> str:
    """Working time in words: `3 个工作日 3 小时`, `3 小时 10 分`; minutes only within a day.

    days: whole working days; minutes: of working time beyond them. short: `3 天 3 小时`.
    """
    hours, rest = divmod(minutes, 60)
    parts = []
    if days and short:
        parts.append(ngettext("%(num)d 天", "%(num)d 天", days))
    elif days:
        parts.append(ngettext("%(num)d 个工作日", "%(num)d 个工作日", days))
    if hours:
        parts.append(ngettext("%(num)d 小时", "%(num)d 小时", hours))
    if (rest and not days and hours < 24) or not parts:
        parts.append(gettext("%(num)d 分", num=rest))
    return " ".join(parts)
