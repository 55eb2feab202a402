"""The stories of an office with its people in a real browser at phone size.

Routes of a newspaper's message, a duty in dispute, a lamp reported often, units that help each
other. What leads to the point of a story is done through commands, the point itself at the pages.
"""

import re

import pytest

from tests.browser.office import OfficeInBrowser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MESSAGE = "山东路路口一下雨就积水，半年没人管，找过两次，都说不归他们。"
TITLE = "山东路路口积水半年没人管"
RECORD = {"title": TITLE, "category": "water", "kind": "complaint", "place": "山东路路口"}
NOT_FOUND = "没有找到"
NUMBER = re.compile(r"GL-\d{8}-\d{6}")
RETURN = {
    "signing": "return",
    "return_reason": "not_our_duty",
    "legal_basis": "三定方案第四条",
    "proposed_unit": "housing_bureau",
}
HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")


def routed(office: OfficeInBrowser, route: str, **said: str) -> str:
    """What the newspaper's screener reads after a message was entered and led into a route."""
    office.enters("bo.tao", MESSAGE, channel="newspaper", **RECORD)
    assert office.number.startswith("QD-")
    screener = office.does("first_screen", "bo.tao", route=route, topic="roads", **said)
    return str(screener.sees())


def missing(office: OfficeInBrowser, login: str, number: str) -> str:
    """What somebody reads at the address of a case that is not there for them."""
    who = office.at_work(login)
    answer = who.page.goto(f"{who.base}/cases/{number}")
    assert answer is not None
    assert answer.status == 404, f"{login} may open {number}"
    return str(who.page.inner_text("main"))


@pytest.mark.parametrize(
    ("route", "element", "login", "name", "told_citizen"),
    [
        ("media", "urge_unit", "wen.bao", "督促承办单位", "媒体正在督促承办单位"),
        ("petition", "pass_on", "zhuan.song", "按既有渠道转送", "信访机关正在转送"),
    ],
    ids=["media", "petition"],
)
def test_a_newspaper_message_lies_with_the_office_of_its_route(
    office, route, element, login, name, told_citizen
):
    told = routed(office, route)
    assert f"办好了：初筛，{TITLE}" in told
    who = office.finds(element, login)
    assert f"{name}：{TITLE}" in who.page.inner_text("h1")
    assert MESSAGE in who.sees()
    assert "青岛日报社" in who.sees()
    stranger = office.at_work("cheng.guan").opens(f"/inbox?q={office.number}")
    assert "没有符合条件的" in stranger.sees()
    assert told_citizen in office.tracks()


def test_a_newspaper_message_goes_to_the_hotline_and_comes_back_answered(office):
    told = routed(office, "government")
    assert f"办好了：初筛，{TITLE}" in told
    dispatcher = office.finds("dispatch", "fen.liu")
    assert f"转办：{TITLE}" in dispatcher.page.inner_text("h1")
    office.does("dispatch", "fen.liu", unit="qd_water_bureau")
    assert "水务管理局" in office.tracks()
    office.does("sign", "shui.wu")
    office.goes_through("contact_citizen", "handle")
    office.does("write_answer", "shui.wu", answer="雨水口已清掏，换了两处堵塞的管。")
    office.does("review_answer", "he.gao")
    assert "雨水口已清掏" not in office.tracks(), "not before it is sent"
    office.does("answer_directly", "shui.wu")
    told = office.tracks()
    assert "给您的答复" in told
    assert "雨水口已清掏，换了两处堵塞的管。" in told
    assert "水务管理局" in told


def test_a_newspaper_message_about_discipline_is_seen_by_the_discipline_organ_alone(office):
    told = routed(office, "discipline", accused_unit="qd_urban_bureau")
    assert "已移交。这一件从现在起封存，这里不再显示。" in told
    assert TITLE not in told
    inspector = office.finds("receive_clue", "ji.jian")
    assert f"受理线索：{TITLE}" in inspector.page.inner_text("h1")
    assert MESSAGE in inspector.sees()
    for login in ("bo.tao", "wen.bao", "cheng.guan", "cheng.ling", "zhi.fa", "du.cha"):
        sealed = missing(office, login, office.number)
        assert NOT_FOUND in sealed
        assert sealed == missing(office, login, "QD-20261102-999999"), "as if it had never been"
        listed = office.at_work(login).opens(f"/cases?q={office.number}").page.inner_text("main")
        assert TITLE not in listed
    followed = office.tracks()
    assert "已经转交有权处理的机关" in followed
    assert "积水" not in followed
    office.does("receive_clue", "ji.jian")
    inspector = office.finds("handle_clue", "jian.cha")
    assert "按规定办理" in inspector.page.inner_text("h1")


def test_a_slip_returned_three_times_is_ruled_on_and_the_next_goes_right_at_once(office):
    first = office.receives()
    office.goes_through("complete_record", "screen", "dispatch")
    office.does("sign", "shui.dian", **RETURN)
    dispatcher = office.finds("dispatch", "pai.yun")
    assert "建议派给「住房和城乡建设局」，依据：退单时建议。可以改。" in dispatcher.sees()
    for unit, proposed in (("housing_bureau", "police_bureau"), ("police_bureau", "lingui")):
        office.goes_on("dispatch", unit=unit)
        office.goes_on("sign", **RETURN | {"proposed_unit": proposed})
    office.does("rule_unit", "cai.heng", words="路灯、照明")
    ruler = office.at_work("cai.heng").opens("/precedents")
    precedent = ruler.page.inner_text("main table")
    for said in ("城市建设与管理", "路灯", "照明", "市政公用事业局", "职责表", first):
        assert said in precedent, said
    assert ruler.width_is_kept()
    second = office.receives(name="李先生", phone="13900005678", title="路灯又不亮了")
    assert second != first
    office.goes_on("complete_record", title="滨江路路灯又不亮了")
    office.does("screen", "chu.mi")
    handler = office.finds("sign", "shui.dian")
    assert "签收或退单：滨江路路灯又不亮了" in handler.page.inner_text("h1")
    dispatcher = office.at_work("pai.yun").opens(f"/inbox?q={second}")
    assert "没有符合条件的" in dispatcher.sees(), "nobody has to dispatch it"
    page = office.at_work("chu.mi").opens(f"/cases/{second}").page
    assert "市政公用事业局" in page.inner_text("dl.facts")
    assert "待签收" in office.tracks()


def test_a_lamp_reported_often_is_handled_once_and_answered_and_called_back_each(office):
    main = office.receives(title="滨江路路灯不亮")
    office.goes_on("complete_record", title="滨江路路灯不亮")
    office.goes_through("screen", "dispatch")
    joined = [joins(office, main, place) for place in range(3)]
    page = office.at_work("chu.mi").opens(f"/cases/{main}").page
    assert "4 件并在一起，办一次，各自答复" in page.inner_text("#matter")
    wrong = joined.pop()
    undoes(office, main, wrong)
    assert "3 件并在一起，办一次，各自答复" in page.inner_text("#matter")
    assert wrong not in page.inner_text("#matter")
    office.number = wrong
    dispatcher = office.finds("dispatch", "pai.yun")
    assert "派单：" in dispatcher.page.inner_text("h1")
    assert "派单中" in office.tracks(), "where it would have been accepted"
    office.number = main
    office.goes_through(*HANDLED)
    for number in (main, *joined):
        office.number = number
        assert "给您的答复" not in office.tracks(), "not before it is sent"
    for number in (main, *joined):
        office.number = number
        office.does("answer_directly", "shui.dian")
        told = office.tracks()
        assert "给您的答复" in told
        assert "市政维护处已更换灯泡，当晚亮灯。" in told
        page.goto(f"{office.live.base}/cases/{number}")
        assert page.locator("h3:text-is('答复')").count() == 1, "an answer of its own"
        assert "送出 · 直接答复" in page.inner_text("main")
        once = int(number == main)
        assert page.locator("h3:text-is('办理措施')").count() == once, "one handling"
        assert f"{once} 个处理签" in page.inner_text(".head")
    assert calls_all_back(office) == {main, *joined}
    for number in (main, *joined):
        page.goto(f"{office.live.base}/cases/{number}")
        assert "解决了 · 满意度 5 分" in page.inner_text("main")
    office.number = wrong
    assert {one.element for one in office.open_tasks()} == {"dispatch"}


def joins(office, main, place):
    """A citizen more, whose case the screener joins to the main one with a click; its number."""
    title = f"滨江路路灯坏了，第 {place + 2} 次说"
    number = office.receives(name="李先生", phone=f"139000012{place:02}", title=title)
    office.goes_on("complete_record", title=title)
    task = office.task("screen")
    screener = office.finds("screen", "chu.mi")
    screener.page.locator(f"#proposed button[data-fill*='{main}']").click()
    assert screener.page.input_value("[name='answer.matter']") == main
    office.sends(screener, task)
    return number


def undoes(office, main, number):
    """The screener takes one out of the matter again, with a reason, at the main case's page."""
    screener = office.at_work("chu.mi").opens(f"/cases/{main}")
    part = screener.page.locator(f"#matter li:has-text('{number}')")
    part.locator("summary").click()
    part.locator("[name=reason]").fill("位置不同，是两盏灯。")
    part.locator("button").click()
    screener.page.wait_for_url(f"**/cases/{number}")
    assert "撤销了并案" in screener.sees()
    assert screener.page.locator("#matter").count() == 0
    screener.opens(f"/cases/{main}")


def calls_all_back(office):
    """Everybody on the caller's list is called and is content; the numbers of their cases."""
    caller = office.at_work("hui.yin").opens("/callbacks")
    called = set()
    while caller.page.locator("form.asking").count():
        assert caller.width_is_kept()
        assert "市政维护处已更换灯泡，当晚亮灯。" in caller.sees()
        number = NUMBER.search(caller.page.inner_text("main"))[0]
        assert number not in called
        called.add(number)
        office.fills(caller.page, {"contacted": "yes", "result": "solved", "satisfaction": 5})
        caller.page.click("form.asking button.btn--primary")
        caller.page.wait_for_load_state()
        assert "记下了。" in caller.sees()
    assert "都打完了" in caller.sees()
    return called


def test_of_three_units_that_help_one_is_late_and_the_ladder_is_about_that_one(office):
    number = office.receives()
    office.goes_through("complete_record", "screen")
    in_time = {"housing_bureau": "住房和城乡建设局", "police_bureau": "公安局"}
    host, late = "市政公用事业局", "生态环境局"
    office.does("dispatch", "pai.yun", co_units=[*in_time, "ecology_bureau"])
    office.goes_through("sign", "contact_citizen", "handle")
    for unit in in_time:
        office.goes_on("co_handle", unit)
    office.live.advance("8d")
    office.task("phone")
    supervisor = office.at_work("du.cheng").opens(f"/cases/{number}")
    ladders = supervisor.page.locator("section:has(> h2:text-is('督办')) li")
    about = [one.split("\n")[0] for one in ladders.all_inner_texts()]
    assert [one for one in about if "超过时限：协办" in one] == [f"超过时限：协办 · {late}"]
    assert not [one for one in about for name in in_time.values() if name in one]
    assert not [one for one in about if host in one and "超过时限：办理" not in one]
    board = supervisor.opens("/supervision?unit=ecology_bureau")
    assert board.width_is_kept()
    row = board.page.locator("#watch tbody tr")
    assert number in row.inner_text()
    ladder = ladder_about(supervisor, row, late)
    assert "超过时限：协办。" in supervisor.sees()
    late_one = office.finds("co_handle", "sheng.tai")
    assert "超期" in late_one.page.inner_text(".head")
    office.does("co_handle", "sheng.tai", measures="查了照明用电，补了噪声数据。")
    office.task("write_answer")
    supervisor.opens(ladder)
    assert "已销号" in supervisor.sees()


def ladder_about(supervisor, row, unit):
    """The ladder that a row of the board links to and that is about this unit; its address."""
    addresses = row.locator("a.seal").evaluate_all("all => all.map(one => one.pathname)")
    for address in addresses:
        supervisor.opens(address)
        assert supervisor.width_is_kept()
        if f"督办 {unit}" in supervisor.page.inner_text("h1"):
            return address
    raise AssertionError(f"none of {addresses} is about {unit}")
