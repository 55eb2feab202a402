"""The page of one's notices: what is new, where one goes from it, how one is told."""

import pytest

from engine.commands import people
from engine.commands.telling import tell
from engine.db import reading, transaction
from engine.models import NoticeSetting, OutboxNotice
from engine.notice_kinds import DEFAULTS, OF_DESIGN, Channel, NoticeKind
from tests.databases import PASSWORD
from tests.web.staff import Officer, office, statements

UNIT = "utilities_bureau"
FORM = "//form[@action='/notices/settings']"


@pytest.fixture
def second(story):
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "second",
            "何二",
            name_en="He Er",
            password=PASSWORD,
            memberships=[(UNIT, "handler")],
        )
    return story.actor("second")


@pytest.fixture
def officer(story, second, tmp_path, vault):
    return Officer(office(story.sessions, tmp_path, vault), "second")


def test_what_is_new_stands_in_the_head_and_goes_when_it_is_read(story, officer):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    officer.opens("/inbox")
    [count] = officer.tree.xpath("//nav[contains(@class,'nav--desk')]//a[@href='/notices']/span")
    assert count.text == "1"
    officer.opens("/notices")
    assert f"市政公用事业局收到新工单 {story.number}-P1" in officer.text
    officer.fills("(//form[contains(@action,'/read')][.//input[@name='to']])[1]")
    assert officer.page.location == f"/tasks/{story.task('sign').id}"
    officer.opens("/notices")
    assert "都看过了" in officer.text
    assert not officer.tree.xpath("//nav[contains(@class,'nav--desk')]//a[@href='/notices']/span")
    assert officer.tree.xpath(f"//a[@href='/tasks/{story.task('sign').id}']"), (
        "still one click away"
    )


def test_all_are_read_at_once_but_not_what_came_since(story, second, officer):
    with transaction(story.sessions) as session:
        for kind in ("mention", "assigned"):
            tell(session, [second.id], kind, case_id=None)
    officer.opens("/notices?view=unread")
    with transaction(story.sessions) as session:
        tell(session, [second.id], "opinion_asked", case_id=None)
    officer.fills("//form[@action='/notices/read']")
    officer.follows()
    assert "2 条标为看过" in officer.text
    assert "1 条没看" in officer.text
    officer.opens("/notices?view=unread")
    assert "请您单位提意见" in officer.text
    assert "有待办派给您" not in officer.text


def test_fifty_on_a_page_in_few_statements(story, second, officer):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(story.sessions) as session:
        for _ in range(60):
            tell(
                session, [second.id], "mention", case_id=story.case.id, by=story.actor("pai.yun").id
            )
    officer.opens("/notices")
    with statements(story.sessions) as asked:
        officer.opens("/notices")
    assert len(asked) <= 6, asked
    assert len(officer.tree.xpath("//tbody/tr")) == 50
    assert "派云在内部备注里提到您" in officer.text or "在内部备注里提到您" in officer.text
    officer.opens("/notices?page=2")
    assert len(officer.tree.xpath("//tbody/tr")) == 11
    assert officer.opens("/notices?page=999").status_code == 200


def test_an_english_page_says_it_in_english(story, officer, tmp_path, vault):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    english = Officer(office(story.sessions, tmp_path, vault), "second", "en")
    english.opens("/notices")
    assert f"New slip {story.number}-P1 for Utilities Bureau" in english.text


def test_nobody_reads_anothers(story, second, officer, tmp_path, vault):
    with transaction(story.sessions) as session:
        tell(session, [story.actor("pai.yun").id], "mention", case_id=None)
    other = Officer(office(story.sessions, tmp_path, vault), "pai.yun")
    other.opens("/notices")
    action, values = other.form(
        "//form[contains(@action,'/read') and not(contains(@action,'notices/read'))]"
    )
    officer.opens("/notices")
    assert officer.sends(action, values).status_code in {400, 404}


def test_one_says_how_one_wants_to_be_told(story, second, officer):
    officer.opens("/notices/settings")
    assert "本单位没有接通" in officer.text
    ticked = {
        box.get("name") for box in officer.tree.xpath("//input[@type='checkbox'][@name][@checked]")
    }
    own = set(NoticeKind) - OF_DESIGN
    assert ticked == {f"{kind}.{one}" for kind in own for one in DEFAULTS[kind]} | {"outside"}
    officer.fills(
        FORM, **{"mention.email": None, "outside": None, "any_hour": "on", "language": "en"}
    )
    officer.follows()
    assert "存好了" in officer.text
    with reading(story.sessions) as session:
        row = session.get_one(NoticeSetting, second.id)
    assert row.choices["mention"] == ["in_app", "webhook"]
    assert row.choices["assigned"] == sorted(DEFAULTS[NoticeKind.ASSIGNED])
    assert (row.outside, row.any_hour, row.language) == (False, True, "en")
    ticked = {
        box.get("name") for box in officer.tree.xpath("//input[@type='checkbox'][@name][@checked]")
    }
    assert "mention.email" not in ticked
    assert (
        officer.sends("/notices/settings", {**officer.form()[1], "language": "la"}).status_code
        == 422
    )
    assert Channel.EMAIL in DEFAULTS[NoticeKind.MENTION]


def test_an_operator_sees_what_did_not_get_out_and_sends_it_again(
    story, second, tmp_path, vault, held
):
    with transaction(story.sessions) as session:
        session.add(
            OutboxNotice(
                kind="notice.email",
                recipient=f"person:{second.id.hex}",
                payload={"notices": []},
                written_at=held.at,
                next_at=None,
                attempts=12,
                last_error="ConnectionRefusedError",
            )
        )
    operator = Officer(office(story.sessions, tmp_path, vault), "guan.li")
    operator.opens("/operations")
    assert "1 条不再发" in operator.text
    operator.opens("/operations/notices")
    assert "何二" in operator.text
    assert "对方没有开着；试过 12 次" in operator.text
    again = operator.form("//form[contains(@action,'/retry')]")
    operator.sends(*again)
    operator.follows()
    assert "再发一次" in operator.text
    assert "何二" not in operator.text
    assert operator.sends(again[0], {**again[1], "request_token": "x"}).status_code == 409
    with reading(story.sessions) as session:
        row = session.query(OutboxNotice).filter_by(kind="notice.email").one()
    assert (row.next_at, row.attempts) == (held.at, 0)
