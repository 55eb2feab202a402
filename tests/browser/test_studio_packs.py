"""A pack's draft at a real browser: a limit is changed by keys alone."""

import orjson
import pytest

from engine.commands import design_drafts
from engine.commands.design_drafts import PACK
from engine.db import connect, reading, transaction
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from engine.queries import people
from tests.browser.at_keys import Keyboard
from tests.browser.conftest import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def sessions(live):
    factory = connect(live.office.database_url)
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def draft(sessions):
    with transaction(sessions) as session:
        by = people.by_login(session, "she.ji")
        return design_drafts.begin(session, DesignKind.PACK, "gl-jindianzi", by=by)


def kept(sessions, draft):
    with reading(sessions) as session:
        actor = people.by_login(session, "she.ji")
        return orjson.loads(read_drafts.opened(session, actor, draft).files[PACK].content)


def test_a_limit_is_shortened_by_keys_alone(visit, sessions, draft):
    """From the list of limits to the entry, the difference, the draft: no mouse."""
    who = visit(DESK).signs_in("she.ji")
    page = who.opens(f"/design/drafts/{draft}/pack").page
    hand = Keyboard(who)
    for _ in range(200):
        if page.evaluate("document.activeElement.textContent") == "联系建议人":
            break
        hand.press("Tab")
    hand.leaves("Enter")
    hand.writes("f.budget", "3", instead=True)
    hand.leaves("Enter")
    assert page.evaluate("document.activeElement.textContent") == "存进草稿"
    assert "3 个工作日" in page.inner_text("#look")
    assert who.axe() == []
    assert kept(sessions, draft)["limits"]["contact"]["budget"] == "5 WD"
    hand.leaves("Enter")
    assert kept(sessions, draft)["limits"]["contact"]["budget"] == "3 WD"
    assert "存进草稿了" in who.sees()
