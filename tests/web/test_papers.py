"""Papers at the browser and over the API: who may have one, and that an issued one stays so."""

import hashlib
import io
from pathlib import Path
from typing import Any

import docx
import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.commands import people
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, HistoryEvent, IdentityView, Paper, PaperTemplate, Supervision, Unit
from engine.papers import shipped
from engine.papers.kinds import Kind
from engine.settings import Settings
from tests.engine.test_papers import (
    bare,
    docx_text,
    matrix_of,
    modules,
    pdf_picture,
    pdf_text,
)
from tests.racing import together
from tests.story import PHONE, Story
from tests.web.staff import Officer, office
from web.app import create_app

HANDLER, OTHER, SUPERVISOR, LEADER = "shui.dian", "zhu.jian", "du.cheng", "ling.yuan"
STRANGER, DESIGNER, ADMINISTRATOR = "jing.ning", "she.ji", "guan.li"
NAME = "䶮㛃𬭩赟"
MARKUP = "<b>{{7*7}} #import $x$ =cmd"
ANSWERED = ("sign", "contact_citizen", "handle", "co_handle", "write_answer", "review_answer")


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def dispatched(story: Story) -> Story:
    """A case with slips for a host and a co-handler, sent by somebody with a rare name."""
    return (
        story.receives(name=NAME)
        .does("complete_record")
        .does("screen", opinion="accept", co_units=["housing_bureau"])
        .does("dispatch", instructions=f"先到现场。{MARKUP}")
    )


@pytest.fixture
def answered(dispatched: Story) -> Story:
    return dispatched.goes_through(*ANSWERED, "answer_directly")


def file(officer: Officer, story: Story, name: str, of: str = "", status: int = 200) -> bytes:
    """A paper of the case, as the officer gets it."""
    page = officer.opens(f"/cases/{story.number}/papers/{name}" + (f"?of={of}" if of else ""))
    assert page.status_code == status, page.status
    return page.data


def papers(sessions: Sessions, kind: str = "") -> list[Paper]:
    with reading(sessions) as session:
        found = session.scalars(select(Paper).order_by(Paper.id))
        return [one for one in found if kind in {"", one.kind}]


# What is on them ----------------------------------------------------------------------------


def test_a_slip_tells_the_unit_what_to_do_and_not_who_asked(
    app: APIFlask, dispatched: Story
) -> None:
    officer = Officer(app, HANDLER)
    pdf = pdf_text(file(officer, dispatched, "slip.pdf"))
    for made in (pdf, docx_text(file(officer, dispatched, "slip.docx"))):
        for said in (
            "处理签",
            "桂林市金点子办公室",
            "市政公用事业局（主办）",
            "住房和城乡建设局",
            f"{dispatched.number}-P1",
            f"先到现场。{MARKUP}",
            "签收：2026年11月3日18:00",
            "办理：2026年11月9日18:00",
        ):
            assert bare(said) in bare(made), said
        assert NAME not in made
        assert PHONE not in made
        assert "138" not in made
    english = pdf_text(file(officer, dispatched, "slip.en.pdf"))
    assert "Handling slip" in english
    assert "Jindianzi office, Guilin" in english
    assert "Signing: 3 November 2026, 18:00" in english.replace("\n", " ")


def test_each_unit_has_its_slip_and_the_hosts_comes_first(app: APIFlask, dispatched: Story) -> None:
    officer = Officer(app, SUPERVISOR)
    officer.opens(f"/cases/{dispatched.number}")
    links = officer.tree.xpath("//a[contains(@href,'/papers/slip.docx')]/@href")
    assert len(links) == 2
    told = [docx_text(officer.opens(link).data) for link in links]
    assert "市政公用事业局（主办）" in told[0]
    assert "住房和城乡建设局（协办）" in told[1]
    assert "协办：5 个工作日" in told[1]
    assert file(officer, dispatched, "slip.docx") == officer.opens(links[0]).data


def test_the_code_leads_where_the_setting_says(
    app: APIFlask, dispatched: Story, sessions: Sessions, vault: Vault, tmp_path: Path
) -> None:
    settings = Settings(tmp_path, "", public_url="https://huiyin.example")
    addressed = create_app(sessions, settings, vault)
    made = file(Officer(addressed, HANDLER), dispatched, "slip.pdf")
    expected = matrix_of(f"https://huiyin.example/cases/{dispatched.number}")
    assert modules(*pdf_picture(made)) == expected
    dispatched.receives().goes_through("complete_record", "screen", "dispatch")
    bare_code = file(Officer(app, HANDLER), dispatched, "slip.pdf")
    assert modules(*pdf_picture(bare_code)) == matrix_of(dispatched.number)
    assert "二维码只含编号" in pdf_text(bare_code)


def test_the_answer_is_a_letter_to_the_citizen_by_name(
    app: APIFlask, answered: Story, sessions: Sessions
) -> None:
    officer = Officer(app, HANDLER)
    for name in ("answer.pdf", "answer.docx"):
        content = file(officer, answered, name)
        made = pdf_text(content) if name.endswith("pdf") else docx_text(content)
        for said in (f"{NAME}：", "答复函", "当晚亮灯", "已解决", f"{answered.number}-F1"):
            assert bare(said) in bare(made), said
        assert PHONE not in made
        assert "草稿" not in made
    with reading(sessions) as session:
        looks = session.scalars(select(IdentityView)).all()
        assert len(looks) == 2, "each of the two was a look at who it is"
        assert all("答复函" in one.purpose for one in looks)
    assert answered.chain_is_whole()


def test_before_it_is_sent_the_answer_is_a_draft_without_the_name(
    app: APIFlask, dispatched: Story, sessions: Sessions
) -> None:
    dispatched.goes_through(*ANSWERED)
    officer = Officer(app, SUPERVISOR)
    made = pdf_text(file(officer, dispatched, "answer.pdf"))
    assert "草稿，未发出" in made
    assert NAME not in made
    assert "草稿，未发出" in docx_text(file(officer, dispatched, "answer.docx"))
    assert papers(sessions) == []
    officer.opens(f"/cases/{dispatched.number}")
    assert "草稿" in officer.text


def test_a_refusal_names_reason_and_legal_channel(app: APIFlask, story: Story) -> None:
    story.receives(name=NAME).does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="litigation")
    chu = Officer(app, "chu.mi")
    assert file(chu, story, "refusal.pdf", status=404)
    task = story.task("tell_refusal").id
    chu.opens(f"/tasks/{task}")
    _action, values = chu.form()
    values |= {"answer.legal_channel": "court", "answer.letter": f"请向法院提起诉讼。{MARKUP}"}
    draft = pdf_text(chu.sends(f"/tasks/{task}/paper", values).data)
    for said in ("草稿，未发出", "已进入诉讼、仲裁", "人民法院或仲裁机构", MARKUP):
        assert bare(said) in bare(draft), said
    assert NAME not in draft
    story.does("tell_refusal", letter="请向法院提起诉讼。")
    for name in ("refusal.pdf", "refusal.docx"):
        content = file(chu, story, name)
        made = pdf_text(content) if name.endswith("pdf") else docx_text(content)
        for said in (
            "不予受理告知书",
            f"{NAME}：",
            "属于「已进入诉讼、仲裁」的情形",
            "请向法院提起诉讼。",
            "法定途径：人民法院或仲裁机构。",
            f"{story.number}-B1",
        ):
            assert bare(said) in bare(made), said
    english = pdf_text(file(chu, story, "refusal.en.pdf"))
    assert "Legal channel: Court or arbitration body" in english.replace("\n", " ")


def test_who_is_joined_to_a_matter_has_a_letter_of_their_own(
    app: APIFlask, answered: Story
) -> None:
    main = answered.number
    answered.receives(name="赟女士").does("complete_record")
    answered.does("screen", opinion="duplicate", matter=main).does("answer_directly")
    made = pdf_text(file(Officer(app, SUPERVISOR), answered, "answer.pdf"))
    assert "赟女士：" in made
    assert f"{answered.number}-F1" in made
    assert "当晚亮灯" in made
    assert main not in made


def test_an_order_rests_on_the_limit_that_passed(app: APIFlask, dispatched: Story) -> None:
    dispatched.goes_through("sign")
    while "order" not in dispatched.waiting_for:
        dispatched.passes(days=1)
    task = dispatched.task("order")
    officer = Officer(app, SUPERVISOR)
    officer.opens(f"/tasks/{task.id}")
    assert "看「督办单」草稿" in officer.text
    _action, values = officer.form()
    values |= {"answer.order_number": "督〔2026〕9号", "answer.demands": MARKUP}
    preview = officer.sends(f"/tasks/{task.id}/paper", values)
    draft = pdf_text(preview.data)
    for said in ("草稿，未发出", "督〔2026〕9号", MARKUP, "超过「", "」时限"):
        assert bare(said) in bare(draft), said
    assert "order" in dispatched.waiting_for, "a look changes nothing"
    dispatched.does("order", order_number="督〔2026〕9号", demands="三日内办结。", colour="red")
    with reading(dispatched.sessions) as session:
        number = session.scalar(
            select(Supervision.number).where(Supervision.rung == "order").limit(1)
        )
    officer.opens(f"/supervision/{number}")
    link = officer.tree.xpath("//a[contains(@href,'/papers/order.pdf')]/@href")[0]
    made = pdf_text(officer.opens(link).data)
    asked = ("督〔2026〕9号", "三日内办结。", "整改期限", "颜色红色", "市政公用事业局", "18:00到期")
    for said in asked:
        assert bare(said) in bare(made), said
    assert "草稿" not in made
    assert NAME not in made


def test_an_order_tells_what_was_done_before(app: APIFlask, dispatched: Story) -> None:
    dispatched.goes_through("sign").supervises("phone")
    dispatched.does("phone", promise="两天内联系市民。").passes(days=2)
    dispatched.does("order")
    made = bare(pdf_text(file(Officer(app, HANDLER), dispatched, "order.pdf")))
    assert "经督办员核查，需要督办" in made
    assert "2026年11月2日电话督办：两天内联系市民。" in made
    assert "颜色" not in made, "nobody said one"


# The notice of an interview ------------------------------------------------------------------


@pytest.fixture
def ladder(dispatched: Story) -> str:
    dispatched.supervises("interview")
    return str(dispatched.supervisions()[0].number)


FILLED = {
    "held_at": "2026-11-09T09:30",
    "place": "市民中心 402 室",
    "bring": "书面整改计划",
    "contact": f"何敏 {MARKUP}",
}


def test_a_notice_is_looked_at_then_issued(
    app: APIFlask, ladder: str, dispatched: Story, sessions: Sessions
) -> None:
    officer = Officer(app, LEADER)
    officer.opens(f"/tasks/{dispatched.task('interview').id}")
    assert officer.tree.xpath(f"//a[@href='/supervision/{ladder}/notice']")
    page = f"/supervision/{ladder}/notice"
    officer.opens(page)
    assert "还没有发过通知" in officer.text
    action, values = officer.form()
    draft = pdf_text(officer.sends(f"{page}/draft", {**values, **FILLED}).data)
    for said in ("草稿，未发出", "2026年11月9日（星期一）9时30分", "市民中心402室", MARKUP):
        assert bare(said) in bare(draft), said
    assert papers(sessions) == []
    officer.opens(page)
    _, values = officer.form()
    officer.sends(action, {**values, **FILLED})
    assert officer.page.location == f"/supervision/{ladder}"
    officer.sends(action, {**values, **FILLED})
    officer.follows()
    assert f"{ladder}-Y1" in officer.text
    assert len(papers(sessions, "interview")) == 3, "sent twice, issued once"
    made = pdf_text(file(officer, dispatched, "interview.pdf"))
    for said in ("约谈通知", f"{ladder}-Y1", "市政公用事业局：", "并带书面整改计划。"):
        assert bare(said) in bare(made), said
    assert "草稿" not in made
    again = {**FILLED, "held_at": "2026-11-10T14:00"}
    officer.opens(page)
    officer.fills("//form[contains(@action,'/notice')]", **again)
    assert "2026年11月10日" in bare(pdf_text(file(officer, dispatched, "interview.pdf")))
    first = next(one for one in papers(sessions, "interview") if one.number.endswith("-Y1"))
    assert pdf_text(file(officer, dispatched, "interview.pdf", first.subject.hex)) == made
    said = pdf_text(file(officer, dispatched, "interview.en.pdf"))
    assert bare("Tuesday, 10 November 2026, at 14:00") in bare(said)
    with reading(sessions) as session:
        told = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.kind == "paper.issued")
        ).all()
    assert [one["place"] for one in told if one] == ["市民中心 402 室"] * 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"held_at": ""}, "写明哪天几点"),
        ({"held_at": "下周一"}, "写明哪天几点"),
        ({"held_at": "9999-12-31T23:59-12:00"}, "写明哪天几点"),
        ({"held_at": "2026-11-02T08:00"}, "约谈时间要在以后"),
        ({"place": " "}, "写明到哪里"),
        ({"bring": "长" * 201}, "最多 200 个字，现在 201 个"),
    ],
)
def test_what_is_missing_in_a_notice_is_said(
    app: APIFlask, ladder: str, sessions: Sessions, wrong: dict[str, str], said: str
) -> None:
    officer = Officer(app, SUPERVISOR)
    officer.opens(f"/supervision/{ladder}/notice")
    officer.fills("//form[contains(@action,'/notice')]", **{**FILLED, **wrong})
    assert officer.page.status_code == 422
    assert said in officer.text
    assert "市民中心 402 室" in officer.page.text or "place" in wrong
    assert papers(sessions) == []


def test_only_supervisors_notify(app: APIFlask, ladder: str, dispatched: Story) -> None:
    assert Officer(app, HANDLER).opens(f"/supervision/{ladder}/notice").status_code == 403
    officer = Officer(app, SUPERVISOR)
    officer.opens(f"/supervision/{ladder}/notice")
    action, values = officer.form()
    dispatched.does("interview").passes(days=1)
    officer.opens(f"/supervision/{ladder}")
    officer.fills("//form[contains(@action,'/cure')]")
    dispatched.worker.drain()
    assert officer.sends(action, {**values, **FILLED}).status_code == 409


# What is issued stays as it is -----------------------------------------------------------------


def test_an_issued_paper_is_the_same_whatever_changes(
    app: APIFlask, answered: Story, sessions: Sessions
) -> None:
    officer = Officer(app, SUPERVISOR)
    names = ("slip.pdf", "slip.docx", "slip.en.pdf", "answer.pdf", "answer.docx")
    first = {name: file(officer, answered, name) for name in names}
    plain = docx.Document()
    plain.add_paragraph("{{ number }}")
    written = io.BytesIO()
    plain.save(written)
    with transaction(sessions) as session:
        session.execute(update(Case).values(title="完全不同", place="别处"))
        session.execute(update(Unit).values(name_zh="改名局", name_en="Renamed"))
        session.add(
            PaperTemplate(
                kind="slip",
                version=1,
                content=written.getvalue(),
                sha256="0" * 64,
                uploaded_at=answered.clock.at,
            )
        )
    answered.passes(days=3)
    for name, content in first.items():
        assert file(officer, answered, name) == content, name
    kept = {(one.kind, one.media): one.sha256 for one in papers(sessions)}
    assert len(kept) == 6, "all media of a paper are kept together"
    assert kept["slip", "pdf"] == hashlib.sha256(first["slip.pdf"]).hexdigest()
    with reading(sessions) as session:
        told = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.kind == "paper.issued")
        ).all()
    assert {one["files"]["pdf"] for one in told if one} == {
        kept["slip", "pdf"],
        kept["answer", "pdf"],
    }
    assert answered.chain_is_whole()
    officer.opens(f"/cases/{answered.number}")
    assert "出具公文" in officer.text


@pytest.mark.both
def test_two_who_have_it_at_once_have_the_same(
    app: APIFlask, dispatched: Story, sessions: Sessions
) -> None:
    officers = [Officer(app, who) for who in (HANDLER, SUPERVISOR, LEADER)]
    path = f"/cases/{dispatched.number}/papers/slip.pdf"
    answers = together([lambda one=one: one.opens(path) for one in officers])
    assert [one.status_code for one in answers] == [200] * 3
    assert len({one.data for one in answers}) == 1
    assert len(papers(sessions, "slip")) == 3
    assert dispatched.chain_is_whole()


# Who may have them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "slip", "answer"),
    [
        (HANDLER, 200, 200),
        (OTHER, 200, 403),
        (SUPERVISOR, 200, 200),
        (STRANGER, 403, 403),
        (ADMINISTRATOR, 403, 403),
    ],
)
def test_who_may_have_a_paper(
    app: APIFlask, answered: Story, who: str, slip: int, answer: int
) -> None:
    officer = Officer(app, who)
    for ending in ("pdf", "docx", "en.pdf"):
        file(officer, answered, f"slip.{ending}", status=slip)
        content = file(officer, answered, f"answer.{ending}", status=answer)
        assert answer == 200 or NAME.encode() not in content
    if slip == 200:
        officer.opens(f"/cases/{answered.number}")
        assert ("写有来件人姓名" in officer.text) == (answer == 403)
        links = officer.tree.xpath("//a[contains(@href,'/papers/answer')]")
        assert bool(links) == (answer == 200)


def test_a_confidential_citizens_letter_is_the_offices(app: APIFlask, story: Story) -> None:
    story.receives(name=NAME, confidential=True).goes_through(
        "complete_record", "screen", "dispatch", *(one for one in ANSWERED if one != "co_handle")
    )
    story.does("answer_directly")
    handler = Officer(app, HANDLER)
    made = pdf_text(file(handler, story, "slip.pdf"))
    assert NAME not in made
    assert PHONE not in made
    file(handler, story, "answer.pdf", status=403)
    assert NAME in pdf_text(file(Officer(app, SUPERVISOR), story, "answer.pdf"))


def test_a_letter_to_nobody_known_is_no_secret(app: APIFlask, story: Story) -> None:
    story.receives(name="", phone="").does("complete_record")
    story.does("screen", opinion="accept", co_units=["housing_bureau"])
    story.goes_through("dispatch", *ANSWERED, "answer_directly")
    assert "市民朋友：" in pdf_text(file(Officer(app, OTHER), story, "answer.pdf"))


def test_a_sealed_case_has_no_papers_for_others(
    app: APIFlask, dispatched: Story, sessions: Sessions
) -> None:
    ladder = dispatched.supervises("order")
    with transaction(sessions) as session:
        session.execute(
            update(Case).values(sealed=True, office_key="police_bureau", accused_key="guilin")
        )
        number = session.scalar(select(Supervision.number).where(Supervision.id == ladder))
    nothing = "GL-20261102-999999"
    for who in (HANDLER, OTHER, SUPERVISOR, LEADER):
        officer = Officer(app, who)
        for path in ("slip.pdf", "slip.docx", "slip.en.pdf", "answer.pdf"):
            there = officer.opens(f"/cases/{dispatched.number}/papers/{path}")
            absent = officer.opens(f"/cases/{nothing}/papers/{path}")
            assert there.status_code == absent.status_code == 404
    assert Officer(app, SUPERVISOR).opens(f"/supervision/{number}/notice").status_code == 404
    assert papers(sessions) == []


def test_no_such_paper(app: APIFlask, dispatched: Story) -> None:
    officer = Officer(app, SUPERVISOR)
    for name, of in (
        ("answer.pdf", ""),
        ("order.docx", ""),
        ("slip.pdf", "nonsense"),
        ("slip.pdf", dispatched.case.id.hex),
        ("letter.pdf", ""),
        ("slip.exe", ""),
    ):
        file(officer, dispatched, name, of, status=404)


def test_a_task_without_a_paper_offers_none(app: APIFlask, dispatched: Story) -> None:
    handler = Officer(app, HANDLER)
    task = dispatched.task("sign").id
    handler.opens(f"/tasks/{task}")
    assert not handler.tree.xpath("//button[contains(@formaction,'/paper')]")
    _, values = handler.form()
    assert handler.sends(f"/tasks/{task}/paper", values).status_code == 404
    assert Officer(app, STRANGER).opens(f"/tasks/{task}/paper").status_code == 405


def test_a_dispatcher_sees_the_slip_before_it_goes_out(app: APIFlask, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen")
    task = story.task("dispatch").id
    officer = Officer(app, "pai.yun")
    officer.opens(f"/tasks/{task}")
    _, values = officer.form()
    values |= {"answer.unit": "utilities_bureau", "answer.instructions": "先到现场。"}
    made = pdf_text(officer.sends(f"/tasks/{task}/paper", values).data)
    for said in ("草稿，未发出", "发出时编号", "市政公用事业局（主办）", "先到现场。"):
        assert bare(said) in bare(made), said


# The API -------------------------------------------------------------------------------------


def test_the_api_gives_the_same_files(app: APIFlask, answered: Story, sessions: Sessions) -> None:
    def asks(path: str, login: str) -> Any:
        with transaction(sessions) as session:
            token = people.new_token(session, login, path)
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().get(f"/api/v1/cases/{path}", headers=headers)

    listed = asks(f"{answered.number}/papers", HANDLER).get_json()["items"]
    assert [(one["kind"], one["issued"]) for one in listed] == [
        ("slip", True),
        ("slip", True),
        ("answer", True),
    ]
    officer = Officer(app, SUPERVISOR)
    here = f"{answered.number}/papers"
    assert asks(f"{here}/slip.pdf", HANDLER).data == file(officer, answered, "slip.pdf")
    assert asks(f"{here}/slip.docx", HANDLER).data == file(officer, answered, "slip.docx")
    english = asks(f"{here}/slip.pdf?language=en", HANDLER)
    assert english.data == file(officer, answered, "slip.en.pdf")
    assert english.mimetype == "application/pdf"
    of = listed[1]["of"]
    assert asks(f"{here}/slip.pdf?of={of}", HANDLER).data == file(officer, answered, "slip.pdf", of)
    assert asks(f"{here}/answer.pdf", OTHER).status_code == 403
    assert asks(here, STRANGER).status_code == 403
    assert asks("GL-20261102-999999/papers", HANDLER).status_code == 404
    assert asks(f"{here}/refusal.pdf", HANDLER).status_code == 404
    assert app.test_client().get(f"/api/v1/cases/{here}/slip.pdf").status_code == 401


# The offices' templates ------------------------------------------------------------------------


def edited(text: str, kind: Kind = Kind.SLIP) -> bytes:
    """The shipped template with a line more."""
    opened = docx.Document(io.BytesIO(shipped.path(kind).read_bytes()))
    opened.add_paragraph(text)
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


def uploads(officer: Officer, content: bytes, kind: str = "slip") -> Any:
    """Choose a file on the templates' page and send it."""
    officer.opens("/papers/templates")
    action, values = officer.form(f"//form[@action='/papers/templates/{kind}']")
    officer.page = officer.client.post(
        action,
        data={**values, "template": (io.BytesIO(content), "模板.docx")},
        content_type="multipart/form-data",
    )
    return officer.page


def test_an_office_replaces_a_template_and_goes_back(
    app: APIFlask, dispatched: Story, sessions: Sessions
) -> None:
    officer, handler = Officer(app, DESIGNER), Officer(app, HANDLER)
    issued = file(handler, dispatched, "slip.docx")
    own = edited("抄送：{{ office }}")
    assert uploads(officer, own).status_code == 303
    officer.follows()
    assert "换成第 1 版了" in officer.text
    assert "本单位的第 1 版" in officer.text
    assert file(handler, dispatched, "slip.docx") == issued
    dispatched.receives().goes_through("complete_record", "screen", "dispatch")
    assert "抄送：桂林市金点子办公室" in docx_text(file(handler, dispatched, "slip.docx"))
    sample = officer.opens("/papers/templates/slip/sample.docx")
    assert "抄送：漓州市金点子办公室" in docx_text(sample.data)
    assert "草稿" in pdf_text(officer.opens("/papers/templates/slip/sample.pdf").data)
    assert officer.opens("/papers/templates/slip/1.docx").data == own
    assert (
        officer.opens("/papers/templates/slip/0.docx").data == shipped.path(Kind.SLIP).read_bytes()
    )
    officer.opens("/papers/templates")
    officer.fills("//form[contains(@action,'slip/shipped')]")
    officer.follows()
    assert "用回自带的模板了" in officer.text
    assert "历次更换" in officer.text
    dispatched.receives().goes_through("complete_record", "screen", "dispatch")
    assert "抄送" not in docx_text(file(handler, dispatched, "slip.docx"))
    assert officer.opens("/papers/templates/slip/2.docx").status_code == 404
    assert officer.opens("/papers/templates/slip/99999999999.docx").status_code == 404
    with reading(sessions) as session:
        versions = session.scalars(select(PaperTemplate).order_by(PaperTemplate.version)).all()
    assert [(one.version, bool(one.content)) for one in versions] == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (edited("{{ answer }}"), "没有变量 answer"),
        (edited("{{ ''.__class__ }}"), "只认变量"),
        (b"", "选一个 .docx"),
        (b"not a document", "不是 .docx"),
    ],
)
def test_a_template_that_cannot_be_used_changes_nothing(
    app: APIFlask, sessions: Sessions, content: bytes, said: str
) -> None:
    officer = Officer(app, ADMINISTRATOR)
    assert uploads(officer, content).status_code == 422
    assert said in officer.text
    assert "没有换，还用原来的" in officer.text
    assert officer.tree.xpath("//input[@id='file-slip' and @aria-invalid='true']")
    with reading(sessions) as session:
        assert session.scalars(select(PaperTemplate)).all() == []


def test_templates_are_for_designers_and_administrators(app: APIFlask) -> None:
    for who in (HANDLER, SUPERVISOR, LEADER):
        officer = Officer(app, who)
        assert officer.opens("/papers/templates").status_code == 403
        assert officer.opens("/papers/templates/slip/0.docx").status_code == 403
        officer.opens("/definitions")
        assert "公文模板" not in officer.text
    officer = Officer(app, DESIGNER, "en")
    officer.opens("/definitions")
    assert officer.tree.xpath("//a[@href='/papers/templates']")
    officer.opens("/papers/templates")
    assert "Notice of refusal" in officer.text
    assert "Legal channel" in officer.text


def test_a_template_in_the_database_that_is_broken_is_told(
    app: APIFlask, dispatched: Story, sessions: Sessions
) -> None:
    with transaction(sessions) as session:
        session.add(
            PaperTemplate(
                kind="slip",
                version=1,
                content=edited("{{ nobody }}"),
                sha256="1" * 64,
                uploaded_at=dispatched.clock.at,
            )
        )
    file(Officer(app, HANDLER), dispatched, "slip.docx", status=422)
    assert papers(sessions) == []
