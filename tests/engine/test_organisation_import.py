"""The organisation from a sheet: each row founded, changed, known or refused; nothing half."""

import pytest
import xlsxwriter
from sqlalchemy import func, select

from engine.commands import organisation_import
from engine.commands.organisation_import import Verdict
from engine.db import reading
from engine.errors import InvalidInput
from engine.importing import organisation_sheet
from engine.models import HistoryEvent, Membership, Person, Unit
from engine.queries import people as seen

pytestmark = [pytest.mark.both, pytest.mark.story]
HEAD = "单位名称,上级单位,层级,姓名,登录名,手机,角色,每日件数"
ROWS = (
    "城南市场监管所,市场监督管理局,街道乡镇,,,,,",
    "城南市场监管所,,,李四,li.si,13800001111,承办人,8",
    "城南市场监管所,,,王五,wang.wu,,承办人、回访员,",
    "市场监督管理局,,,,,,,",
    "没有的单位,,,赵六,zhao.liu,,承办人,",
    "城南市场监管所,,,孙七,sun.qi,,国王,",
    "城南市场监管所,,,周八,,,承办人,",
    "城南市场监管所,,,Li,li zhi,,承办人,",
    ",,,无单位,wu,,承办人,",
)


def sheet(tmp_path, *rows, head=HEAD, name="org.csv", **said):
    path = tmp_path / name
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return organisation_sheet.read(path, 100, **said)


def take(story, read, act=organisation_import.take, by="guan.li"):
    return act(story.sessions, read, by=story.actor(by))


def test_the_balance_holds_and_a_second_time_all_is_there(story, tmp_path):
    done = take(story, sheet(tmp_path, *ROWS))
    assert str(done) == "read 9 = created 3 + changed 0 + already there 1 + refused 5"
    assert [str(one.verdict) for one in done.judged] == [
        "created", "created", "created", "there", *["refused"] * 5,
    ]  # fmt: skip
    again = take(story, sheet(tmp_path, *ROWS))
    assert again.counts == {"there": 4, "refused": 5}
    actor = story.actor("wang.wu")
    assert actor.scope.keys() == {"handler", "caller"}
    with reading(story.sessions) as session:
        branch = session.scalars(select(Unit).where(Unit.name_zh == "城南市场监管所")).one()
        assert (branch.parent_key, branch.level) == ("market_bureau", "township")
        person = session.scalars(select(Person).where(Person.login == "li.si")).one()
        assert (person.mobile, person.capacity, person.password_hash) == ("13800001111", 8, "")
        assert not session.scalars(select(Person).where(Person.login == "sun.qi")).all()
    refused = [one.reason for one in done.judged if one.reason]
    assert "上级单位" in refused[0].zh
    assert "国王" in refused[1].zh
    assert "登录名" in refused[2].zh
    assert "login" in refused[3].en
    assert "没有写单位" in refused[4].zh


def test_a_rehearsal_says_the_same_and_keeps_nothing(story, tmp_path):
    read = sheet(tmp_path, *ROWS)
    with reading(story.sessions) as session:
        before = _everything(session)
    rehearsed = take(story, read, organisation_import.rehearse)
    with reading(story.sessions) as session:
        assert _everything(session) == before
    assert [(one.verdict, one.what) for one in rehearsed.judged] == [
        (one.verdict, one.what) for one in take(story, read).judged
    ]


@pytest.mark.slow
def test_what_changed_is_changed_and_what_is_empty_is_left(story, tmp_path):
    take(story, sheet(tmp_path, *ROWS[:2]))
    head = "单位,姓名,手机,办公时间,上级单位"
    done = take(
        story,
        sheet(
            tmp_path,
            "城南市场监管所,,,08:30-12:00,",
            "城南市场监管所,李四,13900002222,,",
            "城南市场监管所,,,,秀峰区",
            head=head,
        ),
    )
    assert done.counts == {"changed": 3}
    with reading(story.sessions) as session:
        unit = session.scalars(select(Unit).where(Unit.name_zh == "城南市场监管所")).one()
        person = session.scalars(select(Person).where(Person.login == "li.si")).one()
    assert (unit.hours, unit.level, unit.parent_key) == ("08:30-12:00", "township", "xiufeng")
    assert unit.path == f"/guilin/district_government/xiufeng/{unit.key}/"
    assert (person.mobile, person.capacity) == ("13900002222", 8)


@pytest.mark.slow
def test_nobody_else_s_units_and_people(story, tmp_path):
    done = take(
        story,
        sheet(
            tmp_path,
            "qd_urban_bureau,城管,,,,",
            "guilin,,程管仲,cheng.guan,,承办人",
            "guilin,,改名,cheng.guan,13800001111,",
            head="单位标识,单位,姓名,登录名,手机,角色",
        ),
    )
    assert done.counts == {"refused": 3}


@pytest.mark.slow
def test_dates_and_headings_of_many_kinds(story, tmp_path):
    head = "部门（全称）,姓名,账号,岗位,任职起,任职止,备注"
    read = sheet(
        tmp_path,
        "公安局,李四,li.si,承办,2026-11-02,2026年11月9日,无",
        "公安局,王五,wang.wu,承办,昨天,,",
        "公安局,赵六,zhao.liu,承办,2026-11-09,2026-11-02,",
        head=head,
    )
    assert read.unused == ("备注",)
    done = take(story, read)
    assert [one.verdict for one in done.judged] == [
        Verdict.CREATED, Verdict.REFUSED, Verdict.REFUSED,
    ]  # fmt: skip
    assert story.actor("li.si").acts_for("handler", "police_bureau")
    story.clock.advance(days=8)
    assert story.actor("li.si").roles == frozenset()


@pytest.mark.slow
def test_a_spreadsheet_with_a_title_above(story, tmp_path):
    path = tmp_path / "org.xlsx"
    rows = (
        ["桂林市组织表"],
        ["单位名称", "上级单位", "姓名", "登录名", "角色", "每日件数"],
        ["叠彩街道", "叠彩区", "李四", "li.si", "承办人", 12],
    )
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number * 2, 0, row)
    done = take(story, organisation_sheet.read(path, 100))
    assert done.counts == {"created": 1}
    with reading(story.sessions) as session:
        assert seen.by_login(session, "li.si").units


@pytest.mark.slow
def test_refused_rows_come_back_mended(story, tmp_path):
    read = sheet(
        tmp_path,
        "5,why,为什么,城南所,市场监督管理局",
        head="refused_line,refused_reason,拒收原因,单位,上级单位",
    )
    assert read.headings == ("单位", "上级单位")
    [row] = read.rows
    assert row.cells == ["城南所", "市场监督管理局"]
    assert take(story, read).counts == {"created": 1}


@pytest.mark.slow
def test_which_column_is_said(tmp_path, story):
    head = "名称,上级单位"
    with pytest.raises(InvalidInput, match="column with the unit"):
        sheet(tmp_path, "城南所,市场监督管理局", head=head)
    read = sheet(tmp_path, "城南所,市场监督管理局", head=head, said={"unit": "名称"})
    assert take(story, read).counts == {"created": 1}
    with pytest.raises(InvalidInput, match="one of the headings"):
        sheet(tmp_path, "x,y", head=head, said={"unit": "科室"})
    with pytest.raises(InvalidInput, match="one of unit_key"):
        sheet(tmp_path, "x,y", head=head, said={"king": "名称"})
    with pytest.raises(InvalidInput, match="at most 100 rows"):
        sheet(tmp_path, *["城南所,市场监督管理局"] * 101)
    with pytest.raises(InvalidInput, match="an empty file"):
        (tmp_path / "none.csv").write_text("", encoding="utf-8")
        organisation_sheet.read(tmp_path / "none.csv", 100)


@pytest.mark.slow
def test_several_of_one_name(story, tmp_path):
    head = "单位标识,单位,上级单位,姓名,登录名,角色"
    take(
        story,
        sheet(
            tmp_path,
            "one_desk,窗口,公安局,李四,li.one,承办人",
            "two_desk,窗口,秀峰区,李四,li.two,承办人",
            "one_desk,,,李四,li.three,承办人",
            head=head,
        ),
    )
    done = take(
        story,
        sheet(
            tmp_path,
            ",窗口,,,,",
            ",窗口,公安局,,,",
            "one_desk,,,李四,,",
            "two_desk,,,李四,,",
            head=head,
        ),
    )
    assert [one.verdict for one in done.judged] == ["refused", "there", "refused", "there"]


def _everything(session):
    return [
        session.scalar(select(func.count()).select_from(one))
        for one in (Unit, Person, Membership, HistoryEvent)
    ]
