"""`due`, `calendar` and `clock`: how time is counted, and in rehearsal what time it is."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

import click

from engine import clock as office_clock
from engine import deployed, schema
from engine.calendar_notice import MOST_BYTES
from engine.commands import calendar as calendars
from engine.commands import rehearsal, shipping
from engine.db import reading, transaction
from engine.errors import InvalidInput
from engine.ledger import Terms
from engine.queries import due as dues
from web.cli.installation import Installation, pass_installation, tell

_STEP = re.compile(r"\s*([0-9]{1,5})\s*(min|h|d|WD)\s*", re.ASCII)
MOST_SHOWN = 50


@click.command()
@click.argument("start", metavar="DATE")
@click.argument("limit", metavar="LIMIT", nargs=-1, required=True)
@click.option("--pack", default=shipping.DEMO_PACK, show_default=True, help="Whose limits.")
@click.option(
    "--budget", help="What the case's class is given, where the limit depends on it, as 15 WD."
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def due(
    installation: Installation,
    start: str,
    limit: tuple[str, ...],
    pack: str,
    budget: str | None,
    as_json: bool,
) -> None:
    """Explain when a limit begun on DATE ends, day by day.

    DATE: 2026-09-28 (from the opening of the office) or 2026-09-28T15:20, local time.
    LIMIT: a name such as contact, or a budget such as "5 WD", "3 h office".
    """
    terms = _terms(installation, pack)
    named = terms.pack.limits.get(" ".join(limit))
    case = {named.decided_by: budget} if named and named.decided_by and budget else {}
    found = dues.explain(terms, dues.parse_start(start), " ".join(limit), case)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
        return
    for number, step in enumerate(found.explanation.days):
        click.echo(
            f"{step.date}  {_WEEKDAYS[step.date.weekday()]}  "
            f"{step.number if step.number else '·' if step.counts else '-':>3}  "
            f"{_padded(step.reason['zh'], 40)}  {step.reason['en']}"
            + ("  *" if step.provisional else "")
        )
        if number >= 5000:  # Nobody reads on; the result stands below.
            break
    ends = found.explanation.due
    told = f"{ends.at.astimezone(found.zone):%Y-%m-%d %H:%M}" if ends.at else "-"
    click.echo(f"{found.limit} = {found.budget}, from {found.start:%Y-%m-%d %H:%M}: due {told}")
    if ends.provisional:
        click.echo("* 暂定：该年放假安排尚未公布。Provisional: no notice of holidays yet.")


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _terms(installation: Installation, pack: str) -> Terms:
    """From the database; before there is one, from what ships."""
    if schema.revision_of(installation.sessions) == schema.newest():
        with reading(installation.sessions) as session:
            return dues.terms_of(session, pack)
    tell("No database yet: the shipped calendar and packs are used.")
    folder = shipping.FOLDER / "packs" / Path(pack).name
    return dues.shipped_terms(folder, installation.settings.timezone)


def _padded(text: str, width: int) -> str:
    """Text filled up to `width` columns, a Chinese character taking two."""
    taken = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * (width - taken)


@click.group()
def calendar() -> None:
    """The official calendar of working days."""


@calendar.command("import")
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@pass_installation
def import_calendar(installation: Installation, path: Path) -> None:
    """Take in a year's notice of holidays (CSV or JSON) and move every open deadline with it."""
    sessions = installation.ready()
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(path.name, f"at most {MOST_BYTES} bytes", str(path.stat().st_size))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(path.name, "text in UTF-8") from error
    with transaction(sessions) as session:
        done = calendars.import_notice(session, text, path.name)
    with transaction(sessions) as session:  # What was opened meanwhile by the old calendar.
        moved = done.moved + calendars.rederive(session)
    zone = _zone(installation)
    for one in moved:
        click.echo(f"{one.number}\t{one.limit}\t{_local(one.old, zone)}\t{_local(one.new, zone)}")
    years = ", ".join(map(str, done.years))
    tell(f"{done.days} days of {years} written; {len(moved)} deadlines moved.")


@click.group()
def clock() -> None:
    """Rehearsal time (HUIYIN_REHEARSAL=1): every process of the installation follows it."""


@clock.command()
@pass_installation
def show(installation: Installation) -> None:
    """The office's time, and how far it is ahead of the machine's."""
    with reading(installation.ready()) as session:
        ahead = rehearsal.offset(session) if installation.settings.rehearsal else timedelta(0)
    _tell_time(installation, ahead)


@clock.command("set")
@click.argument("at", metavar="INSTANT")
@pass_installation
def set_clock(installation: Installation, at: str) -> None:
    """Set the time, e.g. 2026-12-01T09:00 (local)."""
    with transaction(installation.ready()) as session:
        zone = deployed.current_calendar(session).zone
        found = dues.parse_start(at)
        if not isinstance(found, datetime):
            found = datetime.combine(found, datetime.min.time())
        to = found.replace(tzinfo=zone) if found.tzinfo is None else found
        ahead = rehearsal.move(session, to, installation.settings)
    _tell_time(installation, ahead)


@clock.command()
@click.argument("step", metavar="STEP", nargs=-1, required=True)
@pass_installation
def advance(installation: Installation, step: tuple[str, ...]) -> None:
    """Move the time on by STEP: "30 min", "2 h", "3 d" or "5 WD" (working days)."""
    found = _STEP.fullmatch(" ".join(step))
    if found is None or int(found[1]) == 0:
        raise InvalidInput("STEP", "an amount such as 30 min, 2 h, 3 d or 5 WD", " ".join(step))
    amount, unit = int(found[1]), found[2]
    with transaction(installation.ready()) as session:
        now = office_clock.system() + rehearsal.offset(session)
        if unit == "WD":
            days = deployed.current_calendar(session)
            local = now.astimezone(days.zone)
            ordinal = days.working_day_after(local.toordinal(), amount)
            to = local + timedelta(days=ordinal - local.toordinal())
        else:
            units = {"min": "minutes", "h": "hours", "d": "days"}
            to = now + timedelta(**{units[unit]: amount})
        ahead = rehearsal.move(session, to, installation.settings)
    _tell_time(installation, ahead)


def _tell_time(installation: Installation, ahead: timedelta) -> None:
    at = office_clock.system() + ahead
    moved = f"  (moved by {ahead.total_seconds():+.0f} s)" if ahead else ""
    click.echo(f"{at.astimezone(_zone(installation)):%Y-%m-%dT%H:%M:%S%z}{moved}")


def _zone(installation: Installation) -> ZoneInfo:
    with reading(installation.sessions) as session:
        return deployed.current_calendar(session).zone


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes") if at else "-"
