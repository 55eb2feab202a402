"""Rates: each percent opens into exactly its cases, under the permissions of who looks."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import update

from engine import clock
from engine.commands import balances, figures
from engine.db import Sessions, transaction
from engine.identity import Vault
from engine.models import Case
from tests.story import TO_THE_ANSWER, Story
from tests.web.staff import Officer, office

MONTH = "month=2026-11"
_LISTED = re.compile(r'<a href="/cases/([^"?]+)"')


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def numbers(story: Story) -> dict[str, str]:
    """Three cases of Guilin: satisfied, dissatisfied, refused; one sealed of Qingdao."""
    found = {}
    for what, mark in (("satisfied", 5), ("dissatisfied", 2)):
        story.receives(phone=f"1380000000{mark}").goes_through(*TO_THE_ANSWER)
        story.does("callback", satisfaction=mark)
        found[what] = story.number
    story.receives(phone="13800000009").does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="litigation").does("tell_refusal")
    found["refused"] = story.number
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    story.does("first_screen", topic="roads", route="discipline")
    found["sealed"] = story.number
    figures.refresh(story.sessions)
    return found


def listed(officer: Officer, which: str, rate: str = "satisfaction", **more: str) -> set[str]:
    """The numbers of the cases in a list of a rate."""
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    page = officer.opens(f"/rates/{rate}/cases?{MONTH}&list={which}{extra}")
    assert page.status_code == 200
    return set(_LISTED.findall(page.text))


def test_a_percent_opens_into_its_three_lists(app, numbers):
    officer = Officer(app, "du.cheng")
    page = officer.opens(f"/rates?{MONTH}")
    assert page.status_code == 200
    assert "50.0%" in officer.text
    assert "（问到的 2 件中 1 件）" in officer.text
    assert listed(officer, "counted") == {numbers["satisfied"]}
    assert listed(officer, "missed") == {numbers["dissatisfied"]}
    assert listed(officer, "excluded") == set()
    assert listed(officer, "excluded", "check_shrink") == set()
    assert listed(officer, "counted", "check_shrink") == {numbers["refused"]}


def test_the_choices_stand_in_the_address(app, numbers):
    officer = Officer(app, "du.cheng")
    own = officer.opens(
        f"/rates/satisfaction?{MONTH}&unit=utilities_bureau&category=urban&by=close"
    )
    assert "2 ÷" not in officer.text
    assert "1 ÷ 2" in officer.text
    assert 'value="utilities_bureau" selected' in own.text
    officer.opens("/rates/satisfaction?month=2026-10")
    assert "这段时间没有可算的" in officer.text
    assert officer.opens("/rates/satisfaction?unit=nowhere").status_code == 404
    assert officer.opens("/rates/nothing").status_code == 404
    assert officer.opens(f"/rates/satisfaction?{MONTH}&month=20-99&by=never").status_code == 200


def test_from_one_day_to_another_of_one_pack_and_what_came_and_went(app, story, numbers):
    officer = Officer(app, "du.cheng")
    today = clock.now().date()
    officer.opens(f"/rates?from={today}&to={today}&pack=gl-jindianzi")
    assert f"{today}–{today}" in officer.text
    assert "结转 0 ＋ 新收 3 ＝ 办结 3 ＋ 转下期 0" in officer.text
    assert "（3 件中 2 件）" in officer.text, "two of the three were closed with a slip"
    before = today - timedelta(days=1)
    officer.opens(f"/rates?from={before}&to={before}")
    assert "结转 0 ＋ 新收 0 ＝ 办结 0 ＋ 转下期 0" in officer.text
    officer.opens(f"/rates/closing?from={today}&pack=qd-sanwo-5")
    assert "这段时间没有可算的" in officer.text
    page = officer.opens(f"/rates/closing?from={today}&pack=gl-jindianzi")
    assert f'name="from" value="{today}"' in page.text
    assert f"from={today}" in page.text.partition("<table")[2], "links keep the days"
    assert officer.opens("/rates?from=2026-99-99&to=never").status_code == 200


def test_a_sealed_case_is_counted_for_nobody_outside_its_compartment(app, numbers):
    supervisor = Officer(app, "du.cha")  # of all Qingdao
    page = supervisor.opens(f"/rates/screening?{MONTH}&place=qd-sanwo-5")
    assert page.status_code == 200
    assert numbers["sealed"] not in page.text
    assert "这段时间没有可算的" in supervisor.text
    assert listed(supervisor, "missed", "screening", place="qd-sanwo-5") == set()


def test_places_are_compared_side_by_side(app, numbers):
    officer = Officer(app, "du.cheng")
    officer.opens(f"/rates/closing/compare?{MONTH}")
    heads = [one.text_content().split()[0] for one in officer.tree.xpath("//section/h2")]
    assert "金点子" in heads[0], "the own city comes first"
    for words in ("吉林", "廊坊", "青岛"):
        assert any(words in head for head in heads), f"{words} is not among {heads}"
    assert "出处没有说明" in officer.text
    assert "相差" in officer.text


def test_a_chart_has_words_and_a_table_behind(app, numbers):
    officer = Officer(app, "du.cheng", "en")
    page = officer.opens(f"/rates/satisfaction?{MONTH}")
    for svg in officer.tree.xpath("//svg[@aria-labelledby]"):
        assert svg.xpath("./title")[0].text
        assert svg.xpath("./desc")[0].text
    assert officer.tree.xpath("//details//table//th[@scope='row']")
    assert " style=" not in page.text


def test_checks_name_their_units_and_cases(app, story, numbers):
    for number in range(3):
        story.receives(phone=f"1390000000{number}").goes_through(*TO_THE_ANSWER, "callback")
    figures.refresh(story.sessions)
    officer = Officer(app, "du.cheng")
    officer.opens(f"/rates/alerts?{MONTH}")
    instant = officer.tree.xpath("//section[h2[contains(., '秒办结')]]//td/a/@href")
    assert instant, "five cases were done in the minute of their dispatch"
    page = officer.opens(instant[0])
    assert len(set(_LISTED.findall(page.text))) == 5
    officer.opens(f"/rates/alerts?{MONTH}")
    tiny = officer.tree.xpath("//section[h2[contains(., '件数太少')]]//tbody/tr")
    assert tiny


def test_a_frozen_figure_says_the_same_later(app, story, numbers):
    officer = Officer(app, "du.cheng")
    officer.opens(f"/rates/satisfaction?{MONTH}")
    answer = officer.fills("//form[contains(@action, 'freeze')]")
    assert answer.status_code == 303
    story.receives(phone="13800000008").goes_through(*TO_THE_ANSWER).does(
        "callback", satisfaction=1
    )
    figures.refresh(story.sessions)
    officer.opens(f"/rates/satisfaction?{MONTH}")
    assert "1 ÷ 3" in officer.text
    where = answer.headers["Location"]
    page = officer.opens(where)
    assert "1 ÷ 2" in officer.text
    assert "和定格时一样" in officer.text
    assert set(_LISTED.findall(page.text)) == {numbers["satisfied"]}
    page = officer.opens(f"{where}?list=missed")
    assert set(_LISTED.findall(page.text)) == {numbers["dissatisfied"]}
    assert Officer(app, "du.cha").opens(where).status_code == 404, "of another city"


def test_the_balance_of_the_night_is_on_the_page(app, story, numbers):
    officer = Officer(app, "du.cheng")
    officer.opens("/rates")
    assert "第一次核对在今夜" in officer.text
    balances.make(story.sessions)
    officer.opens("/rates")
    # The sealed one is in no sum.
    assert "收到 3 ＝ 不予受理 1 ＋ 并入 0 ＋ 在办 0 ＋ 办结 2" in officer.text


def test_a_gap_is_named_to_those_who_may_open_its_case(app, story, numbers):
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(closed_at=None))
        session.execute(update(Case).where(Case.sealed).values(closed_at=clock.now()))
    made = balances.make(story.sessions)
    assert numbers["sealed"] in {gap["number"] for gap in made.gaps}
    page = Officer(app, "du.cheng").opens("/rates").text
    assert numbers["satisfied"] in page
    assert numbers["sealed"] not in page


def test_handlers_see_no_rates(app, numbers):
    assert Officer(app, "chu.mi").opens("/rates").status_code == 403
