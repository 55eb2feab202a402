"""A morning at the desk: thirty tasks of five cases by keyboard alone.

Twice a colleague is faster, once the connection is lost; nothing is typed twice, no draft is lost.
"""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.commands import people, tasks
from engine.db import reading, transaction
from engine.models import Case, Draft, HistoryEvent, Person, TaskStatus, UserTask
from engine.queries import people as known
from tests.browser.at_keys import Keyboard
from tests.browser.conftest import DESK
from tests.databases import PASSWORD
from tests.processes import until
from tests.story import CHECKS, answers_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNIT, COLLEAGUE = "utilities_bureau", "ling.deng"
LOST_WORDS = "已经打过电话，约好明天去。"
COURT, TWICE = "refused", "twice"
# Who says what; the same words from the same place again are a duplicate.
SAID = {
    "lamp": ("解放东路口第三盏路灯不亮，晚上看不清。", "解放东路口", "13800001234"),
    "water": ("小区停水两天了，水压也低。", "西山路3号", "13900001111"),
    "noise": ("工地夜里施工，噪声很大，睡不着。", "中山路5号", "13900002222"),
    COURT: ("官司打了一年，法院还没有判。", "临桂路8号", "13900003333"),
    TWICE: ("解放东路口第三盏路灯不亮，晚上看不清。", "解放东路口", "13800001234"),
}
TITLES = {
    "lamp": "解放东路口路灯不亮",
    "water": "西山路小区停水两天",
    "noise": "中山路工地夜里施工",
    COURT: "官司一年没有判",
    TWICE: "解放东路口路灯还是不亮",
}


class Morning:
    """The office on a Monday; `names` says which case is which."""

    def __init__(self, office):
        self.office = office
        self.sessions = office.sessions
        self.names = {}
        self.finished = Counter()  # tasks handed in at a keyboard, by element
        self.hands = {}
        for name, (body, _, phone) in SAID.items():
            number = office.receives(channel="phone", title="", body=body, phone=phone)
            self.names[number] = name
        with transaction(self.sessions) as session:
            people.add_person(
                session, COLLEAGUE, "凌灯", password=PASSWORD, memberships=[(UNIT, "handler")]
            )
        with reading(self.sessions) as session:
            self.colleague = known.by_login(session, COLLEAGUE)

    def hand(self, login):
        """The keyboard of a person who is signed in."""
        if login not in self.hands:
            self.hands[login] = Keyboard(self.office.visit(DESK).signs_in(login))
        return self.hands[login]

    def here(self, hand):
        """The task on the page, and the name of its case."""
        with reading(self.sessions) as session:
            task = session.get_one(UserTask, UUID(hand.path().split("/")[2]))
            return task, self.names[session.get_one(Case, task.case_id).number]

    def work(self, login, count, does):
        """Do so many of a person's tasks, from one to the next; `does` says how each is done."""
        hand, done = self.hand(login), 0
        while done < count:
            if not hand.path().startswith("/tasks/"):
                until(hand.inbox, why=f"nothing waits for {login}")  # the worker may be at it
            task, name = self.here(hand)
            if not does(hand, task, name):
                continue
            self.finished[task.element] += 1
            done += 1
            with reading(self.sessions) as session:
                assert session.get_one(UserTask, task.id).status != TaskStatus.OPEN, task.element


@pytest.fixture
def morning(office):
    return Morning(office)


def records(hand, task, name):
    """The clerk: what it is, of what kind, where."""
    assert hand.at() == "title", "one can type at once"
    hand.writes("title", TITLES[name], instead=True)
    hand.chooses("category", "water" if name == "water" else "urban")
    hand.chooses("kind", "complaint")
    hand.writes("place", SAID[name][1])
    hand.sends()
    return True


def screens(hand, task, name):
    """The screener takes what is proposed; refuses one, joins one."""
    if task.element == "tell_refusal":
        assert "请向人民法院或仲裁机构提出" in hand.page.input_value("#f-letter")
        hand.sends()
        return True
    assert hand.at() == "opinion"
    if name == COURT:
        hand.chooses("opinion", "refuse")
        hand.chooses("refusal_reason", "litigation")
        hand.leaves("Alt+n")
        return True
    if name == TWICE:
        hand.press("Alt+m")
        assert hand.page.input_value("#f-matter")
        hand.sends()
        return True
    hand.chooses("opinion", "accept")
    if hand.page.locator("[accesskey=u]").count():
        hand.press("Alt+u")
        assert hand.page.input_value("#f-advised_unit")
    hand.writes("note", "已核对。")
    hand.sends()
    return True


def dispatches(hand, task, name):
    """The dispatcher: one unit for all, so that one desk is full."""
    hand.chooses("mode", "push")
    hand.chooses("unit", UNIT)
    hand.writes("instructions", "先看现场。")
    hand.sends()
    return True


class Handler:
    """The handler's tasks; the second contact is lost to a colleague, the first handling lent."""

    def __init__(self, morning):
        self.morning = morning
        self.seen = Counter()
        self.lost = None  # a task that a colleague completed
        self.lent = None  # one that a colleague claimed and gave back

    def __call__(self, hand, task, name):
        self.seen[task.element] += 1
        return getattr(self, task.element)(hand, task, name)

    def sign(self, hand, task, name):
        hand.chooses("signing", "sign")
        hand.sends()
        return True

    def contact_citizen(self, hand, task, name):
        assert hand.at() == "contacted_at"
        hand.dates("contacted_at", self.morning.office.now())
        hand.chooses("way", "phone")
        if self.seen["contact_citizen"] == 2:
            return self._completed_meanwhile(hand, task)
        hand.writes("what", f"问清了{name}的位置。")
        hand.sends()
        return True

    def _completed_meanwhile(self, hand, task):
        """A colleague completes it while one types: who and when, and where the words are."""
        hand.writes("what", "已经打过电话，")
        said(hand, "已存")
        answers = answers_for("contact_citizen", self.morning.office.now())
        with transaction(self.morning.sessions) as session:
            tasks.complete(session, task.id, answers, by=self.morning.colleague)
        hand.writes("what", "约好明天去。")
        said(hand, "凌灯")
        said(hand, "13 个字在草稿里")
        hand.leaves("Control+Enter")
        told = hand.page.inner_text("main .flash")
        assert "凌灯" in told
        assert "办完了这一步" in told
        assert "您写的 13 个字在草稿里" in told
        assert hand.page.input_value("#f-what") == LOST_WORDS
        self.lost = task.id
        hand.leaves("Enter")  # the focus is where one goes on
        return False

    def handle(self, hand, task, name):
        if self.lent is None:
            return self._claimed_meanwhile(hand, task)
        if task.id == self.lent:  # it is back, with every word
            assert hand.page.input_value("#f-measures") == "换了灯泡，试了三次，都亮。"
            hand.sends()
            return True
        if self.seen["handle"] == 2:
            return self._without_connection(hand)
        hand.writes("measures", f"{name}已经办好。")
        hand.sends()
        return True

    def _claimed_meanwhile(self, hand, task):
        """A colleague claims it while one types; later it is given back."""
        hand.writes("measures", "换了灯泡，")
        said(hand, "已存")
        with transaction(self.morning.sessions) as session:
            tasks.claim(session, task.id, by=self.morning.colleague)
        hand.writes("measures", "试了三次，都亮。")
        said(hand, "凌灯")
        hand.leaves("Control+Enter")
        told = hand.page.inner_text("main .flash")
        assert "凌灯" in told
        assert "认领了这件，正在办" in told
        assert "您写的 13 个字在草稿里" in told
        self.lent = task.id
        hand.leaves("Enter")
        with transaction(self.morning.sessions) as session:
            tasks.release(session, task.id, by=self.morning.colleague)
        return False

    def _without_connection(self, hand):
        """The connection is lost while one types, and again at the submit."""
        context = hand.page.context
        hand.writes("measures", "关了阀门，")
        said(hand, "已存")
        context.set_offline(True)
        hand.writes("measures", "换了水管，")
        said(hand, "起连不上。接着写，内容存在这台电脑，连上就传。")
        hand.writes("measures", "水压正常。")
        hand.press("Control+Enter")
        said(hand, "还没有提交")
        assert hand.page.input_value("#f-measures") == "关了阀门，换了水管，水压正常。"
        context.set_offline(False)
        said(hand, "已存")
        context.set_offline(True)
        hand.press("Control+Enter")
        said(hand, "还没有提交")
        context.set_offline(False)
        said(hand, "已存")
        who = hand.visitor  # the console names every request that failed; these were meant to
        who.complaints[:] = [one for one in who.complaints if "DISCONNECTED" not in one]
        hand.sends()
        return True

    def write_answer(self, hand, task, name):
        hand.chooses("outcome", "solved")
        hand.writes("answer", f"{name}一事11月2日办好，请您放心。")
        hand.sends()
        return True

    def answer_directly(self, hand, task, name):
        hand.dates("answered_at", self.morning.office.now())
        hand.chooses("way", "phone")
        hand.sends()
        return True


def said(hand, text):
    hand.page.locator("[data-draft-said]", has_text=text).wait_for(state="attached")


def reviews(hand, task, name):
    """The reviewer passes it, with the whole check list."""
    hand.chooses("review", "pass")
    for _ in CHECKS:
        hand.to("checks")
        hand.press("Space", "Tab")
    hand.sends()
    return True


def calls(hand, task, name):
    hand.chooses("band", "morning")
    hand.chooses("reached_citizen", "true")
    hand.chooses("contacted", "yes")
    hand.chooses("result", "solved")
    hand.chooses("satisfaction", "5")
    hand.writes("note", "市民满意。")
    hand.sends()
    return True


def finished_in_the_database(morning):
    """Tasks that were completed, by login; and how often the history says so of each case."""
    with reading(morning.sessions) as session:
        logins = {one.id: one.login for one in session.scalars(select(Person))}
        closed = session.scalars(select(UserTask).where(UserTask.closed_by.is_not(None))).all()
        events = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "task.completed")
        ).all()
        drafts = session.scalars(select(Draft)).all()
    return (
        [(logins[one.closed_by], one) for one in closed],
        [(logins[one.by], one) for one in events],
        drafts,
    )


def test_thirty_tasks_by_keyboard_alone(morning, record_property):
    handler = Handler(morning)
    morning.work("li.zhi", 5, records)
    morning.work("chu.mi", 6, screens)
    morning.work("pai.yun", 3, dispatches)
    morning.work("shui.dian", 11, handler)
    morning.work("shen.yan", 2, reviews)
    morning.work("shui.dian", 2, handler)
    morning.work("hui.yin", 1, calls)

    hands = morning.hands
    assert morning.finished.total() == 30
    assert len(morning.finished) == 11, "mixed"
    closed, events, drafts = finished_in_the_database(morning)
    assert [task.id for login, task in closed if login == COLLEAGUE] == [handler.lost]
    assert Counter(task.element for login, task in closed if login in hands) == morning.finished
    assert Counter(one.element for login, one in events if login in hands) == morning.finished
    once = Counter((one.stream, one.element) for _, one in events)
    assert set(once.values()) == {1}, once

    # Every word that was typed is held once: by an answer, or by the draft of the lost form.
    typed, held = Counter(), Counter()
    for hand in hands.values():
        for field, text in hand.typed:
            typed[field] += len(text)
    for login, one in events:
        for field, said in one.payload["answers"].items():
            if login in hands and field in typed:
                held[field] += len(said)
    assert [one.task_id for one in drafts] == [handler.lost], "one lost form, one draft"
    assert drafts[0].fields["answer.what"] == [LOST_WORDS]
    held["what"] += len(LOST_WORDS)
    assert held == typed
    for hand in hands.values():
        kept = "Object.keys(localStorage).filter(k => k.startsWith('huiyin.draft.'))"
        assert hand.page.evaluate(kept) == []
    record_property("keys pressed for thirty tasks", sum(one.pressed for one in hands.values()))
