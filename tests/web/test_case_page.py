"""The case's page: who may open it, what it says, who looked at whom."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.identity import Reporter, Vault
from engine.models import Case, Deadline, HistoryEvent, IdentityView, Instance, Suspension
from engine.queries import reporters
from tests.databases import ROOT
from tests.story import PHONE, Story
from tests.web.staff import Officer, office, title
from web import timeline

HANDLER, OTHER, SUPERVISOR = "shui.dian", "zhu.jian", "du.cheng"
# Kinds of the stream "system", which no case's page shows.
# Not of a case: nobody reads them on its page.
SYSTEM = (
    "callbacks.",
    "deployed",
    "calendar.",
    "clock.",
    "figure.",
    "notice.",
    "password.",
    "rule.",
    "unit.",
)
_KIND = re.compile(r"""(?:note|Entry)\(\s*"([a-z]+(?:\.[a-z]+)?)\"""")


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def handling(story: Story) -> Story:
    """A case whose unit is to handle it, with a co-handler."""
    return (
        story.receives()
        .does("complete_record")
        .does("screen", opinion="accept", co_units=["housing_bureau"])
        .goes_through("dispatch", "sign")
        .does("contact_citizen", what="约好周三来修。")
    )


def url(story: Story) -> str:
    return f"/cases/{story.number}"


def test_a_case_from_end_to_end(app: APIFlask, handling: Story) -> None:
    handling.does("co_handle").goes_through("handle", "write_answer", "review_answer")
    handling.goes_through("answer_directly", "callback")
    officer = Officer(app, SUPERVISOR)
    officer.opens(url(handling))
    assert title(officer.page).startswith(handling.number)
    for said in (
        "已办结 · 已解决",
        "城市建设与管理",
        "陈女士 · 138****1234",
        f"{handling.number}-P2",
        "住房和城乡建设局 协办",
        "约好周三来修。",
        "更换了灯泡和镇流器。",
        "市政维护处已更换灯泡，当晚亮灯。",
        "审核通过",
        "第 1 次回访",
        "解决了 · 满意度 5 分 · 单位联系过",
        "记录链完整",
        "现在没有等人办的。",
        "归档",
    ):
        assert said in officer.text, said
    english = Officer(app, SUPERVISOR, "en")
    english.opens(url(handling))
    for said in (
        "Closed · Solved",
        "City building and management",
        "signed 2 Nov 09:00",
        "Passed review",
        "The chain of records is whole",
        "Nothing waits for a person now.",
    ):
        assert said in english.text, said
    told = re.sub(r"\s+", "", english.tree.xpath("//ol[@class='timeline']")[0].text_content())
    assert "Archived" in told


def test_overdue_is_told_with_its_ladders(app: APIFlask, handling: Story) -> None:
    handling.passes(days=9)
    officer = Officer(app, SUPERVISOR)
    officer.opens(url(handling))
    for said in ("超期", "启动督办", "超过时限：办理", "督办阶梯", "该做：电话督办", "时限提醒"):
        assert said in officer.text, said
    assert officer.tree.xpath("//*[contains(@class,'due--late')]")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (HANDLER, 200),
        (OTHER, 200),
        (SUPERVISOR, 200),
        ("ling.yuan", 200),
        ("jing.ning", 403),
        ("guan.li", 403),
        ("bao.mi", 403),
    ],
)
def test_who_may_open_it(app: APIFlask, handling: Story, who: str, status: int) -> None:
    officer = Officer(app, who)
    assert officer.opens(url(handling)).status_code == status
    if status == 403:
        assert "这件不在您单位的范围里" in officer.text
    drawn = handling_instance(handling)
    for part in ("diagram.bpmn", "diagram.json"):
        assert officer.opens(f"{url(handling)}/instances/{drawn}/{part}").status_code == status


def handling_instance(story: Story) -> str:
    with reading(story.sessions) as session:
        return str(session.scalars(select(Instance.id)).first())


def test_no_such_case(app: APIFlask, handling: Story) -> None:
    officer = Officer(app, SUPERVISOR)
    assert officer.opens("/cases/GL-20261102-999999").status_code == 404
    other = handling_instance(handling)
    handling.receives()
    for part in ("diagram.bpmn", "diagram.json"):
        assert officer.opens(f"{url(handling)}/instances/{other}/{part}").status_code == 404


def test_a_co_handler_does_not_learn_who_sent_it(app: APIFlask, handling: Story) -> None:
    co = Officer(app, OTHER)
    co.opens(url(handling))
    assert "只有受理办公室知道" in co.text
    assert "陈女士" not in co.page.text
    assert "看完整的姓名和电话" not in co.text
    _, tokens = co.form("//form[contains(@action,'sign-out')]")
    answer = co.sends(f"{url(handling)}/identity", {**tokens, "purpose": "想知道"})
    assert answer.status_code == 403
    assert PHONE not in answer.text


def test_looking_at_the_person_is_written_down(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(url(handling))
    assert PHONE not in handler.page.text
    which = "//form[contains(@action,'/identity')]"
    handler.fills(which, purpose=" ")
    assert handler.page.status_code == 422
    assert "写下用途" in handler.text
    assert PHONE not in handler.page.text
    handler.fills(which, purpose="打电话问清位置")
    assert handler.page.status_code == 200
    assert PHONE in handler.page.text
    assert "只显示这一次" in handler.text
    with reading(sessions) as session:
        view = session.scalars(select(IdentityView)).one()
        assert (view.viewed_by, view.purpose, view.case_id) == (
            handling.actor(HANDLER).id,
            "打电话问清位置",
            handling.case.id,
        )
    assert handling.events()[-1] == "identity.viewed"
    assert handling.chain_is_whole()
    handler.opens(url(handling))
    assert PHONE not in handler.page.text
    assert "水典常（演示） · 11月2日 09:00 · 打电话问清位置" in handler.text


def test_a_confidential_person_is_the_offices(app: APIFlask, story: Story) -> None:
    story.receives(confidential=True).goes_through("complete_record", "screen", "dispatch")
    handler, office_side = Officer(app, HANDLER), Officer(app, SUPERVISOR)
    handler.opens(url(story))
    assert handler.page.status_code == 200
    assert "陈女士" not in handler.page.text
    assert "保密" in handler.text
    assert "是，只有受理办公室知道是谁" in handler.text
    handler.opens(f"/tasks/{story.task('sign').id}")
    assert "陈女士" not in handler.page.text
    office_side.opens(url(story))
    assert "陈女士 · 138****1234" in office_side.text


def test_nobody_to_look_at(app: APIFlask, story: Story) -> None:
    story.receives(name="", phone="")
    officer = Officer(app, SUPERVISOR)
    officer.opens(url(story))
    assert "匿名，没有留联系方式" in officer.text
    _, tokens = officer.form("//form[contains(@action,'sign-out')]")
    answer = officer.sends(f"{url(story)}/identity", {**tokens, "purpose": "核对地址"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("name", "phone", "shown"),
    [
        ("陈女士", "13800001234", ("陈女士", "138****1234")),
        ("陈小明", "07732800000", ("陈**", "077****0000")),
        ("欧阳小明华", "2800000", ("欧***", "****00")),
        ("王", "", ("王", "")),
        ("", "", ("", "")),
    ],
)
def test_a_masked_person(name: str, phone: str, shown: tuple[str, str]) -> None:
    masked = reporters.masked(Reporter(name, phone))
    assert (masked.name, masked.phone) == shown


def test_asking_for_an_extension(app: APIFlask, handling: Story) -> None:
    other, handler = Officer(app, OTHER), Officer(app, HANDLER)
    other.opens(url(handling))
    assert not other.tree.xpath("//form[contains(@action,'/extension')]")
    handler.opens(url(handling))
    which = "//form[contains(@action,'/extension')]"
    action, values = handler.form(which)
    handler.sends(action, values)
    assert handler.page.location == f"/tasks/{handling.task('request_extension').id}"
    first = handler.page.location
    assert handler.sends(action, values).location == first, "the same form again"
    handler.sends(action, {**values, "request_token": "another"})
    handler.follows()
    assert "已经申请过延期，还没有批" in handler.text
    assert not handler.tree.xpath(which)
    answer = other.sends(action, other.form("//form[contains(@action,'sign-out')]")[1])
    assert answer.status_code == 403


def test_the_diagram_says_where_it_stands(app: APIFlask, handling: Story) -> None:
    handling.passes(days=9)
    officer = Officer(app, SUPERVISOR)
    officer.opens(url(handling))
    state_url = officer.tree.xpath("//*[@data-state]/@data-state")[0]
    xml_url = officer.tree.xpath("//*[@data-diagram]/@data-diagram")[0]
    assert b"bpmn:definitions" in officer.opens(xml_url).data
    state = officer.opens(state_url).get_json()
    assert {"screening", "screen", "transfer", "contact_citizen"} <= set(state["done"])
    assert "handle" in state["overdue"]
    active = {one["element"]: one for one in state["active"]}
    assert active["handle"]["state"] == "late"
    assert "市政公用事业局" in active["handle"]["text"]
    assert active["handling"]["tokens"] == 1
    assert "screening__screened" in state["flows"]
    assert "screened__ended_refused" not in state["flows"]
    assert not set(state["done"]) & set(active)


def test_a_broken_chain_is_said(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    officer = Officer(app, SUPERVISOR)
    with transaction(sessions) as session:
        session.execute(
            update(HistoryEvent)
            .where(HistoryEvent.kind == "slip.issued")
            .values(payload={"slips": [], "unit": "utilities_bureau"})
        )
    officer.opens(url(handling))
    assert "记录链在第 5 条断了" in officer.text
    handling.receives()
    with transaction(sessions) as session:
        session.execute(
            update(Case).where(Case.number == handling.number).values(chain_hash=bytes(32))
        )
    officer.opens(url(handling))
    assert "记录链在第 2 条断了" in officer.text, "the end is not what the case says"


def test_erased_content_leaves_the_event(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    with transaction(sessions) as session:
        session.execute(update(HistoryEvent).values(payload=None, salt=None))
    officer = Officer(app, SUPERVISOR)
    officer.opens(url(handling))
    assert officer.page.status_code == 200
    assert "内容已按期限删除" in officer.text
    assert "记录链完整" in officer.text


def test_a_pause_and_an_extension_are_counted(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    ledger = next(one for one in handling.deadlines("handling"))
    with transaction(sessions) as session:
        session.add(
            Suspension(
                deadline_id=ledger.id,
                from_at=handling.clock.at,
                until_at=None,
                reason="等市民补充",
            )
        )
        session.execute(
            update(Deadline)
            .where(Deadline.id == ledger.id)
            .values(due_at=None, extended="7 WD", next_at=None)
        )
    officer = Officer(app, HANDLER)
    officer.opens(url(handling))
    assert "现在暂停，不计时。" in officer.text
    assert "5 个工作日 ＋ 延期 7 个工作日" in officer.text
    assert "暂停：11月2日 09:00 至 现在，等市民补充。" in officer.text
    assert officer.tree.xpath("//*[contains(@class,'due--hold')]")


def test_every_kind_of_event_has_words() -> None:
    kinds = {
        kind
        for source in (ROOT / "engine").rglob("*.py")
        for kind in _KIND.findall(source.read_text("utf-8"))
    }
    assert {"task.completed", "slip.issued", "identity.viewed"} <= kinds
    of_cases = {kind for kind in kinds if not kind.startswith(SYSTEM)}
    of_cases |= {"deadline.overdue", "deadline.warned"}  # chosen between in one expression
    assert of_cases <= set(timeline.TITLES), of_cases - set(timeline.TITLES)
    assert set(timeline.TEXTS) <= set(timeline.TITLES)


def test_the_list_shows_what_one_may_open(app: APIFlask, handling: Story) -> None:
    number = handling.number
    handling.receives(title="饭馆油烟").does(
        "complete_record", title="饭馆油烟", category="food", place="中山路"
    )
    supervisor, co, stranger = (Officer(app, who) for who in (SUPERVISOR, OTHER, "jing.ning"))
    supervisor.opens("/cases")
    links = supervisor.tree.xpath("//td[@class='t']/a/@href")
    assert links == [url(handling), f"/cases/{number}"]
    co.opens("/cases")
    assert co.tree.xpath("//td[@class='t']/a/@href") == [f"/cases/{number}"]
    stranger.opens("/cases")
    assert "还没有诉求" in stranger.text
    for query, found in (
        ("q=油烟", 1),
        (f"q={number.lower()}", 1),
        ("category=food", 1),
        ("stage=handling", 1),
        ("unit=utilities_bureau", 1),
        ("status=open", 2),
        ("status=closed", 0),
        ("q=%25", 0),
    ):
        supervisor.opens(f"/cases?{query}")
        assert len(supervisor.tree.xpath("//td[@class='t']/a")) == found, query
    assert "没有符合条件的" in supervisor.text
    supervisor.opens("/cases?page=2")
    assert "这一页已经空了" in supervisor.text
    english = Officer(app, SUPERVISOR, "en")
    english.opens("/cases?status=closed")
    assert "Drop the filters" in english.text


def test_a_supervisor_stops_a_clock_with_a_reason_and_lets_it_run_again(
    app: APIFlask, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.passes(days=1)
    page, aim = f"/cases/{story.number}", f"/cases/{story.number}/limits/handling"
    boss, handler = Officer(app, "du.cheng"), Officer(app, "shui.dian")
    handler.opens(page)
    assert "暂停计时" not in handler.text
    token = handler.form("//form[@method='post']")[1]["csrf_token"]
    refused = handler.sends(f"{aim}/suspension", {"csrf_token": token, "reason": "检测"})
    assert refused.status_code == 403
    boss.opens(page)
    assert "为什么这段时间不算" in boss.text
    stop = f"//form[@action='{aim}/suspension']"
    boss.fills(stop, reason="")
    assert story.deadlines("handling")[0].due_at is not None, "not without a reason"
    boss.opens(page)
    boss.fills(stop, reason="依法检测电缆。")
    assert story.deadlines("handling")[0].due_at is None
    story.passes(days=2)
    boss.opens(page)
    assert "恢复计时" in boss.text
    boss.fills(f"//form[@action='{aim}/resumption']")
    assert story.deadlines("handling")[0].due_at.isoformat() == "2026-11-11T10:00:00+00:00"
