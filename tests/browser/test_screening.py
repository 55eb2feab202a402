"""Screening by keyboard alone, counted: what a message takes from opening it to the next one."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from engine.commands import cases, tasks
from engine.commands.cases import Said
from engine.db import connect, reading, transaction
from engine.identity import Reporter, Vault
from engine.models import Case, CaseStatus, UserTask
from engine.queries import people
from tests.browser.conftest import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECORD = {"title": "夜里施工噪声", "category": "urban", "kind": "complaint", "place": "解放东路"}
# Of each way a message is screened; a person presses about two keys a second and reads besides.
MOST_KEYS = {"accepted": 3, "corrected": 4, "joined": 2, "refused": 9}


@pytest.fixture
def sessions(live):
    factory = connect(live.office.database_url)
    yield factory
    factory.kw["bind"].dispose()


class Keys:
    """A keyboard that counts."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


@pytest.fixture
def waiting(live, sessions):
    """Makes a case whose record is complete, and says where it is screened."""

    def make(body, place, phone="13800001234"):
        vault = Vault.at(live.office.home)
        said = Said("phone", "", body, Reporter("陈女士", phone))
        with transaction(sessions) as session:
            made = cases.receive(session, vault, "gl-jindianzi", said)
        with transaction(sessions) as session:
            task = session.scalars(select(UserTask).where(UserTask.case_id == made.case_id)).one()
            clerk = people.by_login(session, "li.zhi")
            tasks.complete(session, task.id, {**RECORD, "place": place}, by=clerk)
            session.flush()
            screening = session.scalars(
                select(UserTask).where(UserTask.case_id == made.case_id, UserTask.status == "open")
            ).one()
        return made, f"/tasks/{screening.id}"

    return make


def case_of(sessions, made):
    with reading(sessions) as session:
        return session.get_one(Case, made.case_id)


def opened(who, url):
    page = who.opens(url).page
    page.wait_for_load_state()
    page.focus("[name='answer.opinion']")  # where the form begins
    return page, Keys(page)


def test_a_message_is_screened_with_a_few_keys(visit, waiting, sessions, record_property):
    who, told = visit(DESK).signs_in("chu.mi"), {}
    first, url = waiting("工地夜里施工，噪声很大，睡不着。", "解放东路 5 号")
    page, keys = opened(who, url)
    keys.press("Space", "Control+Enter")
    page.wait_for_url(lambda address: url not in address)
    assert case_of(sessions, first).facts["disposition"] == "accepted"
    told["accepted"] = keys.count

    second, url = waiting("小区停水两天了，水压也低。", "西山路 3 号", "13900001111")
    page, keys = opened(who, url)
    keys.press("Space")
    assert page.input_value("#f-category") == "urban"
    assert page.locator("button[accesskey='1']").inner_text().startswith("采用")
    keys.press("Alt+1")  # the category that its words name
    expect(page.locator("#f-category")).to_have_value("water")
    page.wait_for_selector("#proposed >> text=派单目录第 8 行")
    keys.press("Alt+u")  # the unit, as the table says it now
    expect(page.locator("#f-advised_unit")).to_have_value("utilities_bureau")
    keys.press("Control+Enter")
    page.wait_for_url(lambda address: url not in address)
    told["corrected"] = keys.count
    assert case_of(sessions, second).category == "water"
    assert case_of(sessions, second).facts["class_key"] == "utility"

    third, url = waiting("工地夜里施工，噪声很大，睡不着。", "解放东路 5 号")
    page, keys = opened(who, url)
    keys.press("Alt+m")  # the likeliest of the duplicates
    expect(page.locator("#f-matter")).to_have_value(first.number)
    keys.press("Control+Enter")
    page.wait_for_url(lambda address: url not in address)
    told["joined"] = keys.count
    assert case_of(sessions, third).status == CaseStatus.MERGED

    fourth, url = waiting("官司打了一年，法院还没有判。", "中山路", "13900002222")
    page, keys = opened(who, url)
    keys.press("Space", "ArrowDown")  # refuse
    keys.press("Tab", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
    page.wait_for_selector("#proposed >> text=人民法院或仲裁机构")
    keys.press("Alt+n")
    page.wait_for_url(lambda address: url not in address)
    assert "请向人民法院或仲裁机构提出" in page.input_value("#f-letter")
    letter = page.url
    keys.press("Control+Enter")
    page.wait_for_url(lambda address: address != letter)
    told["refused"] = keys.count

    for way, count in told.items():
        record_property(f"keys to screen a message: {way}", count)
        assert count <= MOST_KEYS[way], told
    page.wait_for_load_state()
    assert case_of(sessions, fourth).status == CaseStatus.REFUSED


def test_the_desk_is_whole_for_screen_readers_and_on_phones(visit, waiting):
    _, url = waiting("工地夜里\u200b施工，噪声很大。", "解放东路 5 号")
    for size in (DESK, None):
        who = visit(size) if size else visit()
        who.signs_in("chu.mi").opens(url)
        assert who.axe() == []
        assert who.width_is_kept()
