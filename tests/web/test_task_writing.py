"""Writing at the task page: drafts, phrases, files, what stands beside, and what it costs."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine.commands import people
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Draft, Evidence, HistoryEvent, Measure, Person, UserTask
from tests import photos
from tests.counting import statements
from tests.story import Story
from tests.web.site import application
from tests.web.staff import Officer, office

HANDLER, OTHER = "shui.dian", "zhu.jian"
SENTENCE = "更换灯泡与镇流器，当晚亮灯。"
MOST_STATEMENTS = 10


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def handling(story: Story) -> Story:
    """A case whose unit is to handle it."""
    return story.comes_to_handling()


def at(story: Story, element: str) -> str:
    return f"/tasks/{story.task(element).id}"


def types(officer: Officer, path: str, **typed: Any) -> Any:
    """What the browser posts by itself; gives the answer."""
    _, values = officer.form()
    values |= {f"answer.{name}": text for name, text in typed.items()}
    return officer.client.post(f"{path}/typed", data=values)


def written(officer: Officer) -> str:
    """What stands in the field for the measures."""
    text: str = officer.tree.xpath("//textarea[@name='answer.measures']")[0].text
    return text.strip()


def sent(officer: Officer, **typed: Any) -> Any:
    """The page's form with these controls, each named whole."""
    action, values = officer.form()
    return officer.sends(action, {**values, **typed})


def kept(sessions: Sessions) -> list[Draft]:
    with reading(sessions) as session:
        return list(session.scalars(select(Draft).order_by(Draft.id)))


def test_what_is_typed_is_there_again(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    handler, path = Officer(app, HANDLER), at(handling, "handle")
    handler.opens(path)
    handling.passes(minutes=18)
    answer = types(handler, path, measures="换了四", done_on="2026-11-02")
    assert answer.json["said"] == "草稿 09:18 已存"
    assert answer.json["news"] == ""
    handler.opens(path)
    assert "草稿 09:18 已存" in handler.text
    _, values = handler.form()
    assert written(handler) == "换了四"
    assert values["answer.done_on"] == ["2026-11-02"]
    assert values["draft"] == [answer.json["draft"]]
    handler.fills(measures=SENTENCE)
    assert handler.page.status_code == 303
    assert kept(sessions) == [], "a draft ends with its task"


def test_without_javascript_a_button_keeps_it(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler, path = Officer(app, HANDLER), at(handling, "handle")
    handler.opens(path)
    action = handler.tree.xpath("//button[contains(@formaction,'/draft')]/@formaction")[0]
    _, values = handler.form()
    files = {"answer.evidence.new": [(io.BytesIO(photos.png()), "修后.png")]}
    handler.sends(action, {**values, "answer.measures": "换灯", **files})
    handler.follows()
    assert "草稿 09:00 已存" in handler.text
    assert "修后.png" in handler.text, "a chosen file counts as kept"
    handler.opens(path)
    handler.fills(measures=SENTENCE)
    with reading(sessions) as session:
        assert [one.name for one in session.scalars(select(Evidence))] == ["修后.png"]
    assert kept(sessions) == []


def test_two_windows_keep_both_and_one_may_choose(app: APIFlask, handling: Story) -> None:
    first, second = Officer(app, HANDLER), Officer(app, HANDLER)
    path = at(handling, "handle")
    first.opens(path)
    second.opens(path)
    types(first, path, measures="一号窗口写的")
    handling.passes(minutes=5)
    told = types(second, path, measures="二号窗口")
    assert told.json["said"].startswith("另一个窗口也写了这件。两份草稿都留着")
    first.opens(path)
    assert "另一个窗口 11月2日 09:00 也存了草稿，6 个字。两份都留着。" in first.text
    assert written(first) == "二号窗口"
    other = first.tree.xpath("//a[contains(@href,'draft=')]/@href")[0]
    first.opens(other)
    assert written(first) == "一号窗口写的"
    first.fills("//form[contains(@action,'/discard')]")
    first.follows()
    assert "另一个窗口" not in first.text
    assert written(first) == "一号窗口写的"


def test_a_conflict_says_who_did_what_and_where_the_words_are(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    with transaction(sessions) as session:
        person = session.scalars(select(Person).where(Person.login == OTHER)).one()
        person.memberships[0].unit_key = "utilities_bureau"
    slow, quick, path = Officer(app, OTHER), Officer(app, HANDLER), at(handling, "handle")
    slow.opens(path)
    quick.opens(path)
    handling.passes(minutes=16)
    quick.fills("//form[contains(@action,'/claim')]")
    told = types(slow, path, measures="我也写了")
    assert told.json["news"] == "水典常（演示） 09:16 认领了这件。您写的 4 个字在草稿里。"
    quick.opens(path)
    quick.fills(measures=SENTENCE)
    slow.fills(measures="我也写了九个字")
    assert slow.page.status_code == 409
    said = "水典常（演示） 11月2日 09:16 办完了这一步。 您写的 7 个字在草稿里。"
    assert said in slow.text
    slow.opens(path)
    assert said in slow.text, "and so it is found later"
    assert "我也写了九个字" in slow.page.text
    assert not slow.tree.xpath("//form[@data-main]//button[contains(@class,'btn--primary')]")


def test_a_refused_form_is_a_draft_too(app: APIFlask, handling: Story, sessions: Sessions) -> None:
    handler, path = Officer(app, HANDLER, "en"), at(handling, "handle")
    handler.opens(path)
    handler.fills(measures="", done_on="2026-13-40")
    assert handler.page.status_code == 422
    handler.fills(measures="Only", amount="4", done_on="")
    assert handler.page.status_code == 422
    assert "choose what it is counted in" in handler.text
    handler.opens(path)
    assert handler.form()[1]["answer.amount"] == ["4"]
    assert len(kept(sessions)) == 1


def test_a_draft_has_bounds_and_strangers_have_none(app: APIFlask, handling: Story) -> None:
    handler, path = Officer(app, HANDLER), at(handling, "handle")
    handler.opens(path)
    assert types(handler, path, measures="x" * 300_000).status_code == 413
    for n in range(5):
        handler.opens(path)
        _, values = handler.form()
        values |= {"draft": "", "answer.measures": f"第{n}份"}
        assert handler.client.post(f"{path}/typed", data=values).status_code == 200
    values["answer.measures"] = "第六份"
    values["request_token"] = "another"
    full = handler.client.post(f"{path}/typed", data=values)
    assert full.status_code == 409
    assert "先丢掉一份" in full.json["said"]
    stranger = Officer(app, OTHER)
    stranger.opens("/inbox")
    _, tokens = stranger.form("//form[contains(@action,'sign-out')]")
    assert stranger.sends(f"{path}/typed", tokens).status_code == 403
    assert handler.client.post(f"{path}/typed", data={"answer.measures": "x"}).status_code == 400


def test_files_are_sent_as_they_are_chosen(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    handler, path = Officer(app, HANDLER), at(handling, "handle")
    handler.opens(path)
    _, tokens = handler.form("//form[contains(@action,'sign-out')]")
    before = {"answer.photos_before.new": (io.BytesIO(photos.png(1)), "前.png")}
    after = {"answer.photos_after.new": (io.BytesIO(photos.photo()), "后.jpg")}
    told = handler.sends(f"{path}/files", {**tokens, **before, **after}).json["files"]
    assert [(one["field"], one["name"]) for one in told] == [
        ("photos_before", "前.png"),
        ("photos_after", "后.jpg"),
    ]
    svg = {"answer.evidence.new": (io.BytesIO(b"<svg onload='x()'/>"), "图.png")}
    refused = handler.sends(f"{path}/files", {**tokens, **svg})
    assert refused.status_code == 422
    assert "是网页或 SVG" in refused.json["faults"]["evidence"]
    handler.opens(path)
    answers = {"measures": SENTENCE, "amount": "4.5", "amount_unit": "metre"}
    answers |= {one["field"]: one["key"] for one in told}
    named = {f"answer.{name}": text for name, text in answers.items()}
    sent(handler, **named, kept=[one["kept"] for one in told])
    assert handler.page.status_code == 303
    with reading(sessions) as session:
        shown = [(one.phase, one.pair) for one in session.scalars(select(Evidence))]
        measure = session.scalars(select(Measure)).one()
    assert sorted(shown) == [("after", 1), ("before", 1)]
    assert (measure.amount, measure.amount_unit) == (4.5, "metre")
    for page in (at(handling, "write_answer"), f"/cases/{handling.number}"):
        handler.opens(page)
        assert "工作量 4.5 米" in handler.text
        pair = handler.tree.xpath("//div[@class='pair']//img/@alt")
        assert pair == ["办理前的照片：前.png", "办理后的照片：后.jpg"]


def test_a_finding_is_refused_and_written_down(
    sessions: Sessions, handling: Story, vault: Vault, tmp_path: Path
) -> None:
    program = tmp_path / "scan.py"
    program.write_text("import sys; sys.exit(b'EICAR' in open(sys.argv[1], 'rb').read())")
    app = application(sessions, tmp_path, vault, scanner=f"{sys.executable} {program}")
    handler, path = Officer(app, HANDLER), at(handling, "handle")
    handler.opens(path)
    _, values = handler.form()
    infected = {"answer.evidence.new": [(io.BytesIO(b"EICAR"), "a.txt")]}
    handler.sends(path, {**values, "answer.measures": SENTENCE, **infected})
    assert handler.page.status_code == 422
    assert "查毒程序在「a.txt」里发现了问题" in handler.text
    assert SENTENCE in handler.page.text
    assert handling.waiting_for == {"handle"}
    assert handling.chain_is_whole()
    with reading(sessions) as session:
        told = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.kind == "file.refused")
        ).one()
    assert told["why"] == "virus"
    handler.opens(f"/cases/{handling.number}")
    assert "附件没有收下：查毒程序发现了问题" in handler.text


def test_phrases_are_offered_with_the_case_put_in(app: APIFlask, handling: Story) -> None:
    handling.does("handle")
    handler = Officer(app, HANDLER)
    handler.opens("/phrases")
    assert "还没有常用语" in handler.text
    sent(handler, title="路灯模板", text="{{person}}：{{nunber}}", kind="answer")
    assert handler.page.status_code == 422
    assert "是不是「{{number}}」" in handler.text
    text = "{{person}}您好：{{title}}（{{number}}），{{unit}}{{today}}已修好。{{due}}"
    sent(handler, title="路灯模板", text=text, kind="answer", category="urban")
    handler.follows()
    assert "存好了：路灯模板" in handler.text
    handler.opens(at(handling, "write_answer"))
    ready = handler.tree.xpath("//button[@data-phrase]/@data-phrase")
    said = f"陈女士您好：解放东路一盏路灯不亮（{handling.number}），市政公用事业局11月2日已修好。"
    assert len(ready) >= 2, "in the list, and as a button: it is of this form and category"
    assert all(one.startswith(said) for one in ready), ready
    handler.opens("/phrases")
    link = handler.tree.xpath("//th/a[contains(@href,'/phrases/')]/@href")[0]
    handler.opens(link)
    sent(handler, title="改过的")
    handler.follows()
    assert "改过的" in handler.text
    handler.opens(link)
    removal = handler.tree.xpath("//button[contains(@formaction,'removal')]/@formaction")[0]
    handler.sends(removal, handler.form()[1])
    handler.follows()
    assert "还没有常用语" in handler.text


def test_an_answer_is_looked_through(app: APIFlask, handling: Story) -> None:
    handling.does("handle")
    handler = Officer(app, HANDLER)
    handler.opens(at(handling, "write_answer"))
    assert "质量检查" not in handler.text
    handler.fills(outcome="", answer="路灯已修好。我们高度重视。")
    assert handler.page.status_code == 422
    assert "质量检查：写了结果；还没写日期、联系方式；有空话：先说办了什么" in handler.text


def test_what_the_same_person_and_the_same_place_had_before(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    story.receives(title="去年的路灯", place="解放东路")
    story.receives(title="保密的一件", place="解放东路", confidential=True)
    story.receives(title="今年的路灯", place="解放东路")
    clerk, path = Officer(app, "li.zhi"), at(story, "complete_record")
    clerk.opens(f"{path}/earlier")
    assert "去年的路灯" in clerk.text
    assert "今年的路灯" not in clerk.tree.xpath("//section")[0].text_content()
    clerk.opens(f"{path}/nearby")
    assert "去年的路灯" in clerk.text
    story.goes_through("complete_record", "screen")
    story.does("dispatch", mode="push", unit="utilities_bureau")
    handler, path = Officer(app, HANDLER), at(story, "sign")
    for fold in ("earlier", "nearby"):
        handler.opens(f"{path}/{fold}")
        assert handler.page.status_code == 200
        for title in ("保密的一件", "去年的路灯"):
            assert title not in handler.text, "cases of others are not theirs to see"


@pytest.mark.parametrize(
    ("element", "login"),
    [("complete_record", "li.zhi"), ("screen", "chu.mi"), ("handle", HANDLER)],
)
def test_a_task_page_asks_little(
    app: APIFlask, story: Story, sessions: Sessions, element: str, login: str
) -> None:
    steps = ["complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle"]
    story.receives().receives(title="又一盏路灯不亮", place="解放东路")
    story.goes_through(*steps[: steps.index(element)])
    if element == "handle":
        story.supervises("order")
    officer, path = Officer(app, login), at(story, element)
    officer.opens(path)
    types(officer, path, title="改了一半")
    officer.opens(path)
    with statements(sessions) as asked:
        officer.opens(path)
    assert officer.page.status_code == 200
    assert len(asked) <= MOST_STATEMENTS, "\n".join(asked)


def test_a_task_that_a_colleague_claimed_leads_on_and_asks_little(
    app: APIFlask, handling: Story, sessions: Sessions
) -> None:
    path = at(handling, "handle")
    with transaction(sessions) as session:
        colleague = people.add_person(
            session, "ling.deng", "凌灯", memberships=[("utilities_bureau", "handler")]
        )
        session.flush()
        session.get_one(UserTask, handling.task("handle").id).assignee_id = colleague.id
    officer = Officer(app, HANDLER)
    officer.opens(path)
    types(officer, path, measures="写了一半")
    with statements(sessions) as asked:
        officer.opens(path)
    assert len(asked) <= MOST_STATEMENTS, "\n".join(asked)
    assert "您写的 4 个字在草稿里" in officer.text
    assert officer.tree.xpath("//a[text()='做下一件']/@href")[0].startswith("/inbox")
