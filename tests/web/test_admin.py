"""An administrator keeps units and people in order, by pages that work without JavaScript."""

import io
import re
from uuid import UUID

import pytest
from sqlalchemy import select, update

from engine.commands import people, tasks
from engine.db import reading, transaction
from engine.models import ApiToken, CalendarDay, Case, Membership, Person, Unit
from engine.queries import people as seen
from tests.web.site import application, csrf, post, sign_in

_SECRET = re.compile(r'<p class="big"><code>([^<]+)</code>')


@pytest.fixture
def app(sessions, story, tmp_path):
    return application(sessions, tmp_path)


@pytest.fixture
def admin(app):
    client = app.test_client()
    sign_in(client, "guan.li")
    return client


def key_of(story, login):
    with reading(story.sessions) as session:
        return session.scalar(select(Person.id).where(Person.login == login))


def does(client, url, page="/admin/tokens", **fields):
    """Fill in a form and follow where it leads."""
    answer = post(client, url, page, **fields)
    return client.get(answer.location) if answer.status_code == 303 else answer


def seen_in(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.text


def test_the_tree_is_that_of_the_administrator(admin, app):
    page = seen_in(admin, "/admin")
    assert "桂林市" in page
    assert "秀峰区" in page
    assert "青岛" not in page
    other = app.test_client()
    sign_in(other, "hai.guan")
    assert "qd_discipline" not in seen_in(other, "/admin")
    assert other.get("/admin/units/qd_discipline").status_code == 404
    assert other.get("/admin/units/xiufeng").status_code == 404
    stranger = app.test_client()
    sign_in(stranger, "shi.an")
    assert stranger.get("/admin").status_code == 403


def test_a_sub_office_is_founded_staffed_and_gets_its_own_inbox(admin, app, story):
    refused = post(admin, "/admin/units", "/admin", parent="market_bureau", level="x")
    assert refused.status_code == 422
    assert "写单位名称" in refused.text
    page = does(
        admin, "/admin/units", parent="market_bureau", key="south", name_zh="城南所",
        level="township", kind="department", capacity="6",
    )  # fmt: skip
    assert "城南所" in page.text
    answer = does(
        admin, "/admin/people", login="li.si", name_zh="李四", unit="south", role="handler"
    )
    password = _SECRET.search(answer.text)[1]
    assert answer.headers["Cache-Control"] == "no-store"
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="south")
    other = app.test_client()
    first = sign_in(other, "li.si", password)
    assert first.location == "/password"
    assert "管理员给的" in seen_in(other, "/password")
    assert story.number in seen_in(other, "/inbox")
    assert "李四" in seen_in(admin, "/admin/units/south")
    assert "任职 承办人" in seen_in(admin, "/admin/units/south")


@pytest.mark.slow
def test_a_unit_is_changed_moved_and_closed(admin, story):
    does(admin, "/admin/units", parent="market_bureau", key="south", name_zh="城南所",
         level="township", kind="department")  # fmt: skip
    page = does(admin, "/admin/units/south", name_zh="城南监管所", level="township",
                kind="department", hours="08:30-12:00,14:00-17:30")  # fmt: skip
    assert "城南监管所" in page.text
    refused = post(admin, "/admin/units/south", "/admin", name_zh="", level="township",
                   kind="department")  # fmt: skip
    assert refused.status_code == 422
    does(admin, "/admin/units/south/move", parent="xiufeng")
    assert post(admin, "/admin/units/south/move", "/admin", parent="south").status_code == 422
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="south")
    assert "1 件诉求" in seen_in(admin, "/admin/units/south/closing")
    assert post(admin, "/admin/units/south/closing", "/admin", successor="").status_code == 422
    assert "由住房" in seen_in(admin, "/admin/units/south/closing?to=housing_bureau")
    page = does(admin, "/admin/units/south/closing", successor="housing_bureau")
    assert "已撤销" in page.text
    assert "由住房和城乡建设局接手" in page.text
    assert story.case.unit_key == "housing_bureau"
    assert admin.get("/admin/units/south/closing").status_code == 404
    assert "城南监管所" not in seen_in(admin, "/admin")
    assert "城南监管所" in seen_in(admin, "/admin?closed=1")


@pytest.mark.slow
def test_people_are_found_and_changed(admin, story):
    assert "水典常" in seen_in(admin, "/admin/people?q=shui")
    assert "shi.an" not in seen_in(admin, "/admin/people?q=shui")
    assert "没有符合条件的" in seen_in(admin, "/admin/people?q=%00nobody&unit=xiufeng&left=1")
    assert "xiu.feng" in seen_in(admin, "/admin/people?unit=xiufeng&role=handler")
    refused = post(admin, "/admin/people", "/admin/people", login="")
    assert refused.status_code == 422
    assert 'href="#p-unit"' in refused.text
    url = f"/admin/people/{key_of(story, 'shui.dian')}"
    page = does(admin, url, name_zh="水典常", mobile="13800005555", capacity="9")
    assert "13800005555" in page.text
    assert post(admin, url, "/admin", name_zh="").status_code == 422
    page = does(admin, f"{url}/posts", unit="xiufeng", role="caller", until_on="2026-11-30")
    assert "到 11月30日" in page.text
    assert post(admin, f"{url}/posts", "/admin", unit="xiufeng", role="caller",
                from_on="昨天").status_code == 422  # fmt: skip
    with reading(story.sessions) as session:
        post_id = session.scalar(
            select(Membership.id).where(
                Membership.role == "caller", Membership.unit_key == "xiufeng"
            )
        )
        own = session.scalar(
            select(Membership.id).where(Membership.person_id == key_of(story, "guan.li"))
        )
    assert "免去了" in does(admin, f"/admin/people/posts/{post_id}/end").text
    kept = post(admin, f"/admin/people/posts/{own}/end", "/admin")
    assert kept.status_code == 422
    assert "没有人能管" in kept.text
    foreign = key_of(story, "cheng.guan")
    assert admin.get(f"/admin/people/{foreign}").status_code == 404


def test_a_reset_ends_every_session(admin, app, story):
    other = app.test_client()
    sign_in(other, "shui.dian")
    assert other.get("/inbox").status_code == 200
    answer = does(admin, f"/admin/people/{key_of(story, 'shui.dian')}/sign-in")
    password = _SECRET.search(answer.text)[1]
    assert other.get("/inbox").status_code == 303
    sign_in(other, "shui.dian", password)
    wrong = post(other, "/password", "/password", old="x", new="short", again="other")
    assert wrong.status_code == 422
    assert [f'id="{name}-e"' in wrong.text for name in ("old", "new", "again")] == [True] * 3
    third = app.test_client()
    sign_in(third, "shui.dian", password)
    own = "a password of my own"
    assert (
        post(other, "/password", "/password", old=password, new=own, again=own).status_code == 303
    )
    assert other.get("/inbox").status_code == 200, "the one who changed it stays"
    assert third.get("/inbox").status_code == 303
    assert sign_in(third, "shui.dian", own).location != "/password"


def test_an_absence_is_written_down_and_ended(admin, app, story):
    url = f"/admin/people/{key_of(story, 'shui.dian')}/absences"
    refused = post(admin, url, "/admin", from_on="", until_on="", substitute="", reason="")
    assert refused.status_code == 422
    assert 'href="#away-from_on"' in refused.text
    page = does(admin, url, from_on="2026-11-02", until_on="2026-11-04", substitute="zhu.jian",
                reason="年假")  # fmt: skip
    assert "年假" in page.text
    listed = seen_in(admin, "/admin/absences")
    assert "今天不在" in listed
    assert "由朱建安（演示）代" in seen_in(admin, "/admin/units/utilities_bureau")
    other = app.test_client()
    sign_in(other, "zhu.jian")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert story.number in seen_in(other, "/inbox")
    assert "您在代水典常（演示）" in seen_in(other, "/inbox")
    end = re.search(r'action="(/admin/absences/[^"]+/end)"', listed)[1]
    assert "提前结束" in does(admin, end).text
    assert "没有人外出" in seen_in(admin, "/admin/absences")
    assert story.number not in seen_in(other, "/inbox")


@pytest.mark.slow
def test_everything_is_handed_over_as_it_was_shown(admin, story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(story.sessions) as session:
        tasks.claim(session, story.task("sign").id, by=seen.by_login(session, "shui.dian"))
        people.add_person(session, "heir", "接手", memberships=[("utilities_bureau", "handler")])
    url = f"/admin/people/{key_of(story, 'shui.dian')}/handover"
    page = seen_in(admin, f"{url}?to=heir")
    assert "交给接手" in page
    assert re.search(r"给接手的人的待办</dt><dd>1<", page)
    assert post(admin, url, "/admin", to="heir", expected="7").status_code == 422
    page = does(admin, url, to="heir", expected="1", leaving="1")
    assert "已离开" in page.text
    assert story.task("sign").assignee_id == key_of(story, "heir")
    assert admin.get(url).status_code == 404
    assert "水典常" in seen_in(admin, "/admin/people?left=1")


@pytest.mark.slow
def test_a_token_is_shown_once_and_revoked(admin, app, story):
    refused = post(admin, "/admin/tokens", "/admin", name="", login="")
    assert refused.status_code == 422
    answer = does(admin, "/admin/tokens", name="热线接口", login="li.zhi")
    token = _SECRET.search(answer.text)[1]
    machine = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    assert machine.get("/api/v1/tasks", headers=headers).status_code == 200
    page = seen_in(admin, "/admin/tokens")
    assert token not in page
    end = re.search(r'action="(/admin/tokens/[^"]+/revoke)"', page)[1]
    does(admin, end)
    assert machine.get("/api/v1/tasks", headers=headers).status_code == 401
    with reading(story.sessions) as session:
        assert isinstance(session.scalars(select(ApiToken.id)).one(), UUID)


@pytest.mark.slow
def test_a_sheet_is_looked_at_then_taken_in(admin, app, story):
    head = "名称,上级单位,姓名,登录名,角色\n"
    rows = "城南所,市场监督管理局,李四,li.si,承办人\n没有上级,,王五,wang.wu,承办人\n"

    def looks(content, name="org.csv"):
        return admin.post(
            "/admin/import",
            data={
                "csrf_token": csrf(admin, "/admin/import"),
                "sheet": (io.BytesIO(content.encode()), name),
            },
        )

    assert post(admin, "/admin/import", "/admin/import").status_code == 422
    assert "没有找到写单位的列" in looks(head + rows).text
    page = looks((head + rows).replace("名称", "单位", 1))
    assert "读了 2 行 = 新建 1 + 改动 0 + 已有 0 + 不导入 1。" in page.text
    with reading(story.sessions) as session:
        assert not session.scalars(select(Unit).where(Unit.name_zh == "城南所")).all()
    table = (head + rows).replace("名称", "单位", 1)
    again = post(admin, "/admin/import/taken", "/admin/import", table=table, again="1",
                 **{"col-unit": "单位", "col-login": ""})  # fmt: skip
    assert "新建 0" in again.text
    taken = post(admin, "/admin/import/taken", "/admin/import", table=table)
    assert "导入好了" in taken.text
    assert "新建 1" in taken.text
    assert story.actor("li.si").acts_for("handler", story.actor("li.si").units[0])
    sent = re.search(r'<textarea name="table" hidden aria-hidden="true">(.*?)</textarea>',
                     taken.text, re.S)[1]  # fmt: skip
    file = post(admin, "/admin/import/refused", "/admin/import", table=sent)
    assert file.mimetype == "text/csv"
    assert "refused_reason" in file.text
    assert post(admin, "/admin/import/taken", "/admin/import", table="x").status_code == 422


@pytest.mark.slow
def test_a_day_is_changed_after_its_effect_was_shown(admin, story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert "2026 年工作日历" in seen_in(admin, "/admin/calendar")
    assert "暂定" in seen_in(admin, "/admin/calendar?year=2027")
    assert post(admin, "/admin/calendar/days", "/admin/calendar", on="").status_code == 422
    said = {"on": "2026-11-03", "working": "0", "name_zh": "停工", "source": "市府通知"}
    before = [row.due_at for row in story.deadlines()]
    shown = post(admin, "/admin/calendar/days", "/admin/calendar", **said)
    assert shown.status_code == 200
    assert "条在走的时限会变" in shown.text
    assert [row.due_at for row in story.deadlines()] == before, "nothing is kept yet"
    done = does(admin, "/admin/calendar/days", **said, confirmed="1")
    assert "改好了" in done.text
    assert "停工" in done.text
    assert [row.due_at for row in story.deadlines()] != before
    with reading(story.sessions) as session:
        assert (
            session.scalar(select(CalendarDay.source).where(CalendarDay.name_zh == "停工"))
            == "市府通知"
        )
    missing = post(admin, "/admin/calendar/days", "/admin/calendar", on="2026-11-04", working="1")
    assert missing.status_code == 422
    assert "写按什么改的" in missing.text


@pytest.mark.slow
def test_a_notice_is_taken_in_after_its_effect_was_shown(admin, story):
    text = "date,working,name,name_en\n2027-01-01,0,元旦,New Year\n"

    def sends(content):
        return admin.post(
            "/admin/calendar/notice",
            data={
                "csrf_token": csrf(admin, "/admin/calendar"),
                "notice": (io.BytesIO(content), "2027.csv"),
            },
        )

    assert sends(b"").status_code == 422
    assert sends(b"\xff\xfe\x00").status_code == 422
    shown = sends(text.encode())
    assert "导入 2027 年放假安排" in shown.text
    assert "暂定" in seen_in(admin, "/admin/calendar?year=2027")
    done = does(admin, "/admin/calendar/notice", text=text, filename="2027.csv", confirmed="1")
    assert "正式" in done.text


@pytest.mark.slow
def test_packs_are_told_in_words(admin, story):
    page = seen_in(admin, "/admin/packs")
    assert "金点子办公室" in page
    page = seen_in(admin, "/admin/packs/gl-jindianzi")
    assert "5 个工作日" in page
    assert "09:00–12:00" in page
    assert admin.get("/admin/packs/none").status_code == 404


@pytest.mark.slow
def test_what_is_shown_of_open_work_leaves_sealed_cases_out(app, story):
    story.receives("qd-sanwo-5", channel="phone").does("complete_record", category="urban")
    story.does("first_screen", route="government").does("dispatch", unit="qd_housing_bureau")
    client = app.test_client()
    sign_in(client, "hai.guan")
    row = re.compile(r"qd_housing_bureau.*?</tr>", re.S)
    assert ">1<" in row.search(seen_in(client, "/admin"))[0]
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(sealed=True, office_key="qd_discipline"))
    assert ">0<" in row.search(seen_in(client, "/admin"))[0].split("</td>", 3)[3]
