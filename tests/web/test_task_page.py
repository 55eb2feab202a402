"""The task page: what is typed is never lost, what is done is done once, the next one opens."""

import io
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from PIL import Image
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import City, Evidence, Incident, Measure, Person, Unit, UserTask
from tests import photos
from tests.story import Story
from tests.web.staff import Officer, office, title

HANDLER, OTHER, DISPATCHER, CLERK = "shui.dian", "zhu.jian", "pai.yun", "li.zhi"
PNG = photos.png()
SENTENCE = "更换灯泡与镇流器，当晚亮灯。"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def handling(story: Story) -> Story:
    """A case whose unit is to handle it."""
    return story.comes_to_handling()


def at(story: Story, element: str) -> str:
    return f"/tasks/{story.task(element).id}"


def move(sessions: Sessions, login: str, unit: str) -> None:
    """Let somebody work for another unit."""
    with transaction(sessions) as session:
        person = session.scalar(select(Person).where(Person.login == login))
        assert person is not None
        person.memberships[0].unit_key = unit


def count(sessions: Sessions, model: Any) -> int:
    with reading(sessions) as session:
        return len(list(session.scalars(select(model))))


def test_the_form_stands_beside_its_case(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    assert title(handler.page).startswith("主办办理：解放东路一盏路灯不亮")
    for said in (
        "办理措施",
        "解放东路口向北第三盏路灯不亮",
        "城市建设与管理",
        "市政公用事业局",
        "陈女士 · 138****1234",
        "先看现场。",
        "剩 6 个工作日",
        "第5天",
        "正在进行",
        "已完成：补全登记、初审、派单、签收或退单、联系市民",
    ):
        assert said in handler.text, said
    assert "13800001234" not in handler.page.text
    english = Officer(app, HANDLER, "en")
    english.opens(at(handling, "handle"))
    for said in ("Measures taken", "Utilities Bureau", "6 working days left", "Submit and next"):
        assert said in english.text, said


def test_completing_opens_the_next_task(app: APIFlask, handling: Story) -> None:
    first = handling.number
    handling.passes(hours=1)
    handling.receives(title="第二盏").does("complete_record", title="第二盏")
    handling.does("screen").does("dispatch", mode="push", unit="utilities_bureau")
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    handler.opens(at(handling, "sign"))
    handler.fills(signing="sign")
    handler.follows()
    assert "办好了：签收或退单，第二盏。" in handler.text
    assert f"/cases/{handling.number}" in handler.page.text
    assert "主办办理" in title(handler.page) or "联系市民" in title(handler.page)
    assert first in handler.text or handling.number in handler.text


def test_submit_and_see_the_case(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    handler.fills(measures=SENTENCE, then="stay")
    assert handler.page.location == f"/cases/{handling.number}"
    handler.follows()
    assert SENTENCE in handler.text


def test_the_last_task_leads_to_the_inbox_it_came_from(app: APIFlask, story: Story) -> None:
    story.receives().goes_through("complete_record")
    screener = Officer(app, "chu.mi")
    screener.opens("/inbox?view=unclaimed&stage=screening")
    link = screener.tree.xpath("//td[@class='t']/a/@href")[0]
    screener.opens(link)
    screener.fills(opinion="accept")
    assert screener.page.location == "/inbox?view=unclaimed&stage=screening"


def test_a_form_posted_twice_does_its_work_once(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    action, values = handler.form()
    values["answer.measures"] = SENTENCE
    first, second = handler.sends(action, values), handler.sends(action, values)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(sessions, Measure) == 1
    assert handling.waiting_for == {"write_answer"}


def test_the_same_form_with_other_words_is_a_conflict(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    action, values = handler.form()
    handler.sends(action, {**values, "answer.measures": SENTENCE})
    handler.sends(action, {**values, "answer.measures": "别的话"})
    assert handler.page.status_code == 409
    assert "水典常（演示） 11月2日 09:00 办完了这一步" in handler.text
    assert "您写的 3 个字在草稿里" in handler.text
    assert "别的话" in handler.page.text
    assert count(sessions, Measure) == 1


def test_two_people_on_one_task(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    move(sessions, OTHER, "utilities_bureau")
    slow, quick = Officer(app, OTHER, "en"), Officer(app, HANDLER)
    slow.opens(at(handling, "handle"))
    quick.opens(at(handling, "handle"))
    quick.fills(measures=SENTENCE)
    assert quick.page.status_code == 303
    slow.fills(measures="Mine")
    assert slow.page.status_code == 409
    assert "Shui Dianchang (demo) did this step" in slow.text
    assert "您写的 4 个字在草稿里" in slow.text or "Your 4 characters are in a draft" in slow.text
    assert slow.tree.xpath("//textarea[@name='answer.measures']")[0].text.strip() == "Mine"
    assert not slow.tree.xpath("//form[@data-main]//button")
    slow.opens(slow.page.request.path)
    assert slow.page.status_code == 200
    kept = slow.tree.xpath("//textarea[@name='answer.measures']")[0].text
    assert kept.strip() == "Mine", "what was typed can be read and copied as long as it is kept"


def test_a_claimed_task_is_its_claimers(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    move(sessions, OTHER, "utilities_bureau")
    mine, late = Officer(app, HANDLER), Officer(app, OTHER)
    late.opens(at(handling, "handle"))
    mine.opens(at(handling, "handle"))
    mine.fills("//form[contains(@action,'/claim')]")
    mine.follows()
    assert "您已认领" in mine.text
    late.fills(measures=SENTENCE)
    assert late.page.status_code == 409
    assert "水典常（演示） 11月2日 09:00 认领了这件，正在办。" in late.text
    assert SENTENCE in late.page.text
    action, values = mine.form("//form[contains(@action,'/release')]")
    late.opens("/inbox")
    _, tokens = late.form("//form[contains(@action,'sign-out')]")
    late.sends(action, tokens)
    late.follows()
    assert "有人先做了一步" in late.text
    mine.sends(action, values)
    mine.follows()
    assert "您已认领" not in mine.text
    assert handling.waiting_for == {"handle"}


def test_faults_keep_what_was_typed(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    handler.fills(measures="", done_on="2026-13-40")
    assert handler.page.status_code == 422
    assert title(handler.page).startswith("错误：")
    faults = handler.tree.xpath("//div[@class='errors']//a/@href")
    assert faults == ["#f-measures", "#f-done_on"]
    assert "2026-13-40" in handler.page.text
    handler.fills(measures=SENTENCE, done_on="2026-11-02")
    assert handler.page.status_code == 303


def test_a_megabyte_is_refused_in_words(app: APIFlask, handling: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    handler.fills(measures="x" * 1_000_000)
    assert handler.page.status_code == 422
    assert "5000" in handler.tree.xpath("//div[@class='errors']")[0].text_content()
    assert handling.waiting_for == {"handle"}


def test_a_category_that_is_not_on_the_list(app: APIFlask, story: Story) -> None:
    story.receives()
    clerk = Officer(app, CLERK, "en")
    clerk.opens(at(story, "complete_record"))
    options = clerk.tree.xpath("//select[@name='answer.category']/option/@value")
    assert "urban" in options
    assert "City building and management" in clerk.text
    clerk.fills(category="heating", kind="help")
    assert clerk.page.status_code == 422
    assert story.waiting_for == {"complete_record"}


def test_what_the_case_knows_is_filled_in(app: APIFlask, story: Story) -> None:
    story.receives(place="解放东路")
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    _, values = clerk.form()
    assert values["answer.title"] == ["解放东路一盏路灯不亮"]
    assert values["answer.place"] == ["解放东路"]


def test_the_proposed_unit_is_chosen_and_its_ground_told(app: APIFlask, story: Story) -> None:
    story.receives().does("complete_record", category="noise").goes_through("screen")
    dispatcher = Officer(app, DISPATCHER)
    dispatcher.opens(at(story, "dispatch"))
    chosen = dispatcher.tree.xpath("//select[@name='answer.unit']/option[@selected]/@value")
    assert chosen == ["police_bureau"]
    assert "建议派给「公安局」，依据：派单目录" in dispatcher.text
    english = Officer(app, DISPATCHER, "en")
    english.opens(at(story, "dispatch"))
    assert "Proposed: Police Bureau, by the dispatch catalogue" in english.text
    _, values = dispatcher.form()
    assert values["answer.mode"] == ["push"]
    dispatcher.fills()
    assert story.case.unit_key == "police_bureau"


def test_who_may_take_up_chooses_among_own_units(app: APIFlask, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", mode="pull", unit=None, candidate_units=["utilities_bureau", "xiufeng"])
    handler = Officer(app, HANDLER)
    handler.opens(at(story, "take_up"))
    offered = handler.tree.xpath("//*[@name='answer.unit']/@value")
    assert offered == ["utilities_bureau"]


def test_words_of_others_are_text(app: APIFlask, story: Story) -> None:
    story.receives(title="<b>灯</b>", body="<script>alert(1)</script>")
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    assert "<script>alert" not in clerk.page.text
    assert "&lt;script&gt;alert(1)" in clerk.page.text
    clerk.fills(title="<img src=x onerror=alert(1)>", category="urban", kind="none")
    assert clerk.page.status_code == 422
    assert "<img src=x" not in clerk.page.text


@pytest.mark.parametrize("who", [OTHER, DISPATCHER, "ling.yuan", "guan.li"])
def test_a_task_of_others_is_refused_in_words(app: APIFlask, handling: Story, who: str) -> None:
    stranger = Officer(app, who)
    stranger.opens(at(handling, "handle"))
    assert stranger.page.status_code == 403
    assert "这件不在您单位的范围里" in stranger.text
    stranger.opens("/inbox")
    _, tokens = stranger.form("//form[contains(@action,'sign-out')]")
    for act in ("", "/claim", "/release"):
        answer = stranger.sends(at(handling, "handle") + act, tokens)
        assert answer.status_code == 403
    assert handling.waiting_for == {"handle"}


def test_no_such_task(app: APIFlask, story: Story) -> None:
    handler = Officer(app, HANDLER)
    assert handler.opens(f"/tasks/{'0' * 8}-0000-0000-0000-{'0' * 12}").status_code == 404


def test_a_task_the_process_left_says_so(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    task = handling.task("handle")
    with transaction(sessions) as session:
        session.execute(
            update(UserTask)
            .where(UserTask.id == task.id)
            .values(status="cancelled", closed_at=handling.clock.at)
        )
    handler = Officer(app, HANDLER)
    handler.opens(f"/tasks/{task.id}")
    assert "已经走过这一步，不用再办" in handler.text


def test_evidence_is_kept_named_and_given_back(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    action, values = handler.form()
    files = {"answer.evidence.new": [(io.BytesIO(PNG), "修后.png")], "answer.measures": ""}
    handler.sends(action, {**values, **files})
    assert handler.page.status_code == 422, "the measures are missing"
    assert "修后.png" in handler.text, "and the file need not be sent again"
    kept = handler.tree.xpath("//input[@name='answer.evidence' and @checked]/@value")
    assert len(kept) == 1
    assert count(sessions, Evidence) == 0
    handler.fills(measures=SENTENCE)
    assert handler.page.status_code == 303
    with reading(sessions) as session:
        found = session.scalars(select(Evidence)).one()
        assert (found.sha256, found.name) == (kept[0], "修后.png")
    answer = handler.opens(f"/cases/{handling.number}/files/{kept[0]}")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (8, 6))
    answer.close()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E4%BF%AE%E5%90%8E.png" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    stranger = Officer(app, OTHER)
    assert stranger.opens(f"/cases/{handling.number}/files/{kept[0]}").status_code == 403
    assert handler.opens(f"/cases/{handling.number}/files/{'0' * 64}").status_code == 404


def test_evidence_of_another_kind_is_refused(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER, "en")
    handler.opens(at(handling, "handle"))
    action, values = handler.form()
    values |= {
        "answer.measures": SENTENCE,
        "answer.evidence.new": [(io.BytesIO(b"GIF89a\x00"), "a.png")],
    }
    handler.sends(action, values)
    assert handler.page.status_code == 422
    assert "is no picture (PNG, JPEG), PDF or plain text" in handler.text
    assert SENTENCE in handler.page.text
    assert handling.waiting_for == {"handle"}


def test_a_hash_alone_lays_no_file_into_a_case(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "handle"))
    handler.fills(measures=SENTENCE, **{"answer.evidence": "a" * 64, "kept": "forged"})
    assert handler.page.status_code == 303
    assert count(sessions, Evidence) == 0
    with reading(sessions) as session:
        assert session.scalars(select(Measure)).one().measures == SENTENCE


def test_a_step_that_fails_becomes_an_incident(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    """The unit was closed meanwhile, so the order behind the judgement has no target."""
    again = ("handle", "write_answer", "review_answer", "answer_directly")
    handling.goes_through(*again).does("callback", result="unsolved", satisfaction=1)
    while "judge_unsolved" not in handling.waiting_for:
        element = handling.waiting_for.pop()
        said = {"result": "unsolved", "satisfaction": 1} if element == "callback" else {}
        handling.does(element, **said)
    with transaction(sessions) as session:
        session.execute(update(Unit).where(Unit.key == "utilities_bureau").values(active=False))
        session.execute(update(City).values(organisation_revision=99))
    supervisor = Officer(app, "du.cheng")
    supervisor.opens(at(handling, "judge_unsolved"))
    supervisor.fills(judgement="reasonable", ground="现场确认未修好。")
    assert supervisor.page.status_code == 500
    assert "流程停在一步上，管理员已收到" in supervisor.text
    assert "现场确认未修好。" in supervisor.page.text
    assert "Traceback" not in supervisor.page.text
    with reading(sessions) as session:
        incident = session.scalars(select(Incident)).one()
        assert incident.source == "task"
        assert incident.source_id == handling.task("judge_unsolved").id
        assert "现场确认" not in incident.reason
    with transaction(sessions) as session:
        session.execute(update(Unit).values(active=True))
        session.execute(update(City).values(organisation_revision=100))
    supervisor.fills(judgement="reasonable", ground="现场确认未修好。")
    assert supervisor.page.status_code == 303
