"""Steps that stopped, handled from the command line."""

import json

import pytest
from sqlalchemy import select, update

from engine.db import reading, transaction
from engine.models import City, Incident, Unit

UNIT = "utilities_bureau"


@pytest.fixture
def stopped(story):
    """The ids of two incidents of one cause."""
    for place in range(2):
        story.receives(name=f"市民{place}", phone=f"1380000{place:04d}")
        story.goes_through("complete_record", "screen", "dispatch")
    _set(story, active=False)
    story.passes(days=8)
    with reading(story.sessions) as session:
        return [str(key) for key in session.scalars(select(Incident.id).order_by(Incident.id))]


def test_what_stopped_is_listed_and_exactly_the_named_go_on(cli, story, stopped):
    rows = json.loads(cli.well("incidents", "list", "--as", "guan.li", "--json"))
    assert sorted(row["id"] for row in rows) == stopped
    _set(story, active=True)
    told = cli.well("incidents", "retry", stopped[0], "--as", "guan.li", "--because", "单位恢复了")
    assert told == f"{stopped[0]}\tdone\n"
    assert cli.well("incidents", "list", "--as", "guan.li").count(stopped[1]) == 1
    both = cli("incidents", "skip", *stopped, "--as", "guan.li", "--because", "不督办")
    assert both.exit_code == 1, "not all were done"
    assert both.stdout == f"{stopped[0]}\tsettled\n{stopped[1]}\tdone\n"
    story.worker.drain()
    assert cli.well("incidents", "list", "--as", "guan.li") == ""
    assert stopped[0] in cli.well("incidents", "list", "--settled", "--as", "guan.li")


def test_only_an_administrator_acts(cli, stopped):
    for words in (("list",), ("retry", stopped[0])):
        refused = cli("incidents", *words, "--as", "du.cheng")
        assert refused.exit_code == 1
        assert "du.cheng is no administrator" in refused.output
    assert cli("incidents", "skip", stopped[0], "--as", "guan.li").exit_code == 2, "no reason"


def _set(story, *, active):
    with transaction(story.sessions) as session:
        session.execute(update(Unit).where(Unit.key == UNIT).values(active=active))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
