"""Saved views: conditions under a name, one's own or the unit's, and what the inbox opens on."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from engine.commands import saved_views
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.identity import Vault
from engine.models import HistoryEvent, Membership, Person, SavedView
from engine.queries import saved_views as queries
from engine.queries.inbox import Filter
from tests.story import Story
from tests.web.staff import Officer, office, statements
from web import inbox_filter

HANDLER, OTHER, STRANGER = "shui.dian", "zhu.jian", "xiu.feng"
UNIT = "utilities_bureau"
MAIN = "//main//form[@data-main]"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def two(story: Story, sessions: Sessions) -> Story:
    """A slip about food, one about lamps, and a second handler in the unit."""
    story.receives(title="饭馆油烟").does("complete_record", title="饭馆油烟", category="food")
    story.goes_through("screen").does("dispatch", mode="push", unit=UNIT)
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(sessions) as session:
        person = session.scalar(select(Person).where(Person.login == OTHER))
        assert person is not None
        person.memberships[0].unit_key = UNIT
    return story


def rail(officer: Officer) -> dict[str, str]:
    """The views under the inbox: what stands beside each name."""
    return {
        link.text.strip(): "".join(link.xpath("./span/text()"))
        for link in officer.tree.xpath("(//div[@class='views'])[1]/a")
    }


def leads(login: str, sessions: Sessions) -> None:
    """The person leads the unit as well."""
    with transaction(sessions) as session:
        key = session.scalar(select(Person.id).where(Person.login == login))
        session.add(Membership(person_id=key, unit_key=UNIT, role="leader"))


def test_a_view_is_kept_shown_with_its_count_and_taken_away(app: APIFlask, two: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/inbox?category=food&sort=newest")
    handler.opens(handler.tree.xpath("//a[normalize-space()='存为视图']/@href")[0])
    assert "条件：本单位，类别：食品安全" in handler.text
    assert handler.fills(MAIN, name="  ").status_code == 422
    assert "起个名字" in handler.text
    handler.fills(MAIN, name="油烟")
    assert handler.page.location == "/inbox?view=unit&category=food&sort=newest"
    handler.follows()
    assert rail(handler)["油烟"] == "1"
    assert handler.tree.xpath("//h1")[0].text == "油烟"
    assert handler.tree.xpath("(//div[@class='views'])[1]/a[@aria-current]/text()") == ["油烟"]
    handler.opens("/inbox/views?view=mine&q=138 0000 1234")
    assert handler.fills(MAIN, name="一个电话").status_code == 422
    assert "电话不能存进视图" in handler.text
    handler.opens("/inbox/views?view=mine")
    assert handler.fills(MAIN, name="油烟").status_code == 422
    assert "已经有叫这个名字的了" in handler.text
    handler.opens("/inbox/views")
    change = "//form[contains(@action,'/inbox/views/') and .//input[@name='name']]"
    assert handler.fills(change, name="").status_code == 422
    handler.fills(change, name="饭馆油烟")
    handler.follows()
    assert "饭馆油烟" in handler.text
    handler.fills("//form[contains(@action,'/remove')]")
    handler.follows()
    assert "还没有存过" in handler.text
    handler.opens("/inbox")
    assert "饭馆油烟" not in rail(handler)


def test_the_inbox_opens_on_what_one_chose(app: APIFlask, two: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/inbox/views")
    first = "//form[contains(@action,'/views/first')]"
    handler.fills(first, first_view="mine")
    assert handler.opens("/inbox").location == "/inbox?view=mine"
    assert handler.opens("/inbox?lang=zh").location == "/inbox?view=mine"
    assert handler.opens("/inbox?view=unit").status_code == 200
    handler.opens("/inbox/views?category=food")
    handler.fills(MAIN, name="油烟", first="yes")
    assert handler.opens("/inbox").location == "/inbox?view=unit&category=food"
    handler.opens("/inbox/views")
    handler.fills("//form[contains(@action,'/remove')]")
    assert handler.opens("/inbox").status_code == 200, "what is gone is not begun with"
    handler.opens("/inbox/views")
    handler.fills(first, first_view="<nonsense>")
    assert handler.opens("/inbox").status_code == 200


def test_a_shared_view_is_the_units_and_its_roles_may_begin_with_it(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    leads(OTHER, sessions)
    head, handler, stranger = (Officer(app, who) for who in (OTHER, HANDLER, STRANGER))
    head.opens("/inbox/views?view=unit&category=food")
    head.fills(MAIN, name="科室共用：油烟", unit=UNIT, first_for=["handler"])
    assert handler.opens("/inbox").location == "/inbox?view=unit&category=food"
    handler.follows()
    assert rail(handler)["科室共用：油烟"] == "1"
    stranger.opens("/inbox")
    assert "科室共用：油烟" not in rail(stranger)
    handler.opens("/inbox/views")
    assert not handler.tree.xpath("//form[contains(@action,'/remove')]"), "somebody else's"
    handler.fills("//form[contains(@action,'/views/first')]", first_view="mine")
    assert handler.opens("/inbox").location == "/inbox?view=mine", "the own choice goes first"
    with reading(sessions) as session:
        kinds = session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.stream == f"unit:{UNIT}")
        ).all()
    assert kinds == ["view.shared"]


def test_who_may_what_with_a_view(two: Story, sessions: Sessions) -> None:
    handler, other, stranger = (two.actor(who) for who in (HANDLER, OTHER, STRANGER))
    with transaction(sessions) as session:
        mine = saved_views.save(session, "我的油烟", {"category": "food"}, by=handler)
        ours = saved_views.save(session, "共用", {"view": "unit"}, by=handler, unit=UNIT)
    for who, key, error in (
        (other, mine, NotFound),
        (stranger, ours, NotFound),
        (other, ours, NotAllowed),
    ):
        with pytest.raises(error), transaction(sessions) as session:
            saved_views.remove(session, key, by=who)
        with pytest.raises(error), transaction(sessions) as session:
            saved_views.change(session, key, "别的", by=who)
    with pytest.raises(NotAllowed), transaction(sessions) as session:
        saved_views.save(session, "别人的", {}, by=stranger, unit=UNIT)
    with pytest.raises(NotAllowed), transaction(sessions) as session:
        saved_views.change(session, ours, "共用", by=handler, unit=UNIT, first_for=["handler"])
    with pytest.raises(NotFound), transaction(sessions) as session:
        saved_views.begin_with(session, mine.hex, by=other)
    with pytest.raises(InvalidInput), transaction(sessions) as session:
        saved_views.save(session, "长", {"q": "字" * 2001}, by=handler)
    leads(OTHER, sessions)
    with transaction(sessions) as session:
        saved_views.change(session, ours, "大家的", by=two.actor(OTHER), unit=UNIT)
    with reading(sessions) as session:
        assert session.get_one(SavedView, ours).person_id == handler.id
        kept = queries.of_person(session, two.actor(OTHER))
        assert [(one.name, one.mine) for one in kept.views] == [("大家的", False)]


def test_there_are_not_too_many(two: Story, sessions: Sessions) -> None:
    handler = two.actor(HANDLER)
    with transaction(sessions) as session:
        for number in range(saved_views.MOST):
            saved_views.save(session, f"第 {number} 个", {}, by=handler)
    with pytest.raises(Conflict) as raised, transaction(sessions) as session:
        saved_views.save(session, "又一个", {}, by=handler)
    assert raised.value.details["most"] == saved_views.MOST
    with transaction(sessions) as session:
        saved_views.save(session, "单位的", {}, by=handler, unit=UNIT)


def test_the_page_with_views_takes_four_statements(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    handler = two.actor(HANDLER)
    with transaction(sessions) as session:
        for number, view in enumerate(("unit", "waiting", "returned")):
            saved_views.save(session, f"第 {number} 个", {"view": view, "q": "路灯"}, by=handler)
    officer = Officer(app, HANDLER)
    officer.opens("/inbox?view=unit&who=others&rung=none&from=2026-01-01&q=路灯")
    with statements(sessions) as asked:
        officer.opens("/inbox?view=unit&who=none&rung=none&from=2026-01-01&q=路灯")
    assert len(officer.tree.xpath("//td[@class='t']/a")) == 2
    assert len(asked) <= 4, asked
    with statements(sessions) as asked:
        officer.opens("/inbox/news?view=unit&since=2026-01-01T00:00:00%2B00:00")
    assert "2 件新待办，放进列表" in officer.text
    assert len(asked) == 2, asked


def test_every_condition_is_a_chip_that_goes_alone(app: APIFlask, two: Story) -> None:
    handler = Officer(app, HANDLER)
    address = (
        "/inbox?view=unit&q=路灯&due=later&due_from=2026-01-01&due_to=2026-12-31&task=sign&stage=handling"
        f"&category=urban&channel=web&unit={UNIT}&who=none&from=2026-01-01&to=2026-12-31&rung=none"
        "&pack=gl-jindianzi&sort=newest"
    )
    handler.opens(address)
    chips = handler.tree.xpath("//span[@class='chip']")
    assert len(chips) == 14
    wanted = inbox_filter.asked(MultiDict(_args(address)))
    for chip in chips:
        left = inbox_filter.asked(MultiDict(_args(chip.xpath("./a/@href")[0])))
        changed = [
            name
            for name in Filter.__dataclass_fields__
            if getattr(left, name) != getattr(wanted, name)
        ]
        assert len(changed) == 1, chip.text_content()
    english = Officer(app, HANDLER, "en")
    english.opens(address)
    assert "Remove: Category" in english.page.text


def test_an_address_and_its_filter_are_the_same() -> None:
    wanted = inbox_filter.asked(
        MultiDict(
            _args("/inbox?view=mine&q=路灯&due=late&from=2026-02-30&to=2026-03-01&who=me&x=1")
        )
    )
    assert inbox_filter.restored(inbox_filter.arguments(wanted)) == wanted
    assert wanted.received_from is None, "no such day"
    assert inbox_filter.asked(MultiDict({"view": "x", "due": "x", "sort": "x"})) == Filter()
    assert inbox_filter.since(MultiDict({"since": "2026-01-01"})) is None


def _args(address: str) -> dict[str, str]:

    return dict(parse_qsl(urlsplit(address).query))
