"""A pack's draft on its pages: looked at, changed with the difference shown first, never lost."""

import html
import re
from io import BytesIO
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from engine import deployed
from engine.commands import deployments, design_drafts
from engine.commands.design_drafts import PACK, Window
from engine.db import reading, transaction
from engine.designing import pack_editing
from engine.designing.pack_editing import RUNGS, Place
from engine.models import Case, Deadline, DesignKind
from engine.packs import load
from engine.queries import design_drafts as read_drafts
from tests.story import TO_THE_ANSWER, Story
from tests.web.site import post, sign_in
from web import pack_form
from web.pack_sections import SECTIONS

PACKS = Path(__file__).resolve().parents[2] / "workflows" / "packs"
KEY = "gl-jindianzi"


@pytest.fixture
def designer(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "she.ji")
    return client


@pytest.fixture
def draft(story: Story) -> str:
    """The address of the pack pages of a fresh draft."""
    with transaction(story.sessions) as session:
        by = story.actor("she.ji")
        made = design_drafts.begin(session, DesignKind.PACK, KEY, by=by)
    return f"/design/drafts/{made}/pack"


def told(client: FlaskClient, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200, url
    return html.unescape(page.text)


def kept(story: Story, address: str) -> dict:
    draft_id = UUID(address.split("/")[3])
    with reading(story.sessions) as session:
        opened = read_drafts.opened(session, story.actor("she.ji"), draft_id)
    return orjson.loads(opened.files[PACK].content)


def controls(page: str) -> dict[str, str]:
    """What a browser would send back of a form: inputs, selects, areas."""
    form = page[page.index("data-main") :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    for name, body in re.findall(
        r'<textarea [^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S
    ):
        found[name] = html.unescape(body)
    return found


def sends(client: FlaskClient, url: str, do: str, **said: str):
    """Open the form, change some controls, press a button."""
    fields = controls(client.get(url).text) | said
    fields.pop("request_token", None)
    return post(client, url, **{**fields, "do": do})


def test_a_limit_is_shortened_with_what_that_would_have_meant_before_it_is_saved(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    story.receives()
    story.goes_through(*TO_THE_ANSWER[:4])
    story.passes(days=4)
    story.goes_through("contact_citizen")
    assert "5 个工作日" in told(designer, draft)
    entry = f"{draft}/limits/entry?key=contact"
    assert "例如现在起算" in told(designer, entry)
    looked = sends(designer, entry, "look", **{"f.budget": "3"})
    page = html.unescape(looked.text)
    assert looked.status_code == 200
    assert "过去 90 天的 1 本时限台账，当时 0 本超期，按改后的会有 1 本。" in page
    assert "2026年11月多 1 本。" in page
    assert "请核对依据" in page
    assert "3 个工作日不短于时限本身，这级提醒永远不会发。" in page
    assert kept(story, draft)["limits"]["contact"]["budget"] == "5 WD", "looking saves nothing"
    saved = sends(designer, entry, "save", **{"f.budget": "3"})
    assert saved.status_code == 303
    assert kept(story, draft)["limits"]["contact"]["budget"] == "3 WD"
    assert "存进草稿了。" in told(designer, saved.headers["Location"])
    assert "3 working days" in told(designer, f"{draft}?lang=en")


def test_a_shorter_limit_is_deployed_for_new_cases_and_a_running_one_keeps_its_own(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    story.receives()
    running = story.received
    sends(designer, f"{draft}/limits/entry?key=contact", "save", **{"f.budget": "3"})
    address = draft.removesuffix("/pack")
    page = told(designer, f"{address}/review")
    assert "5 个工作日 → 3 个工作日，缩短" in page
    assert "第 1 版 1 件" in page
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    done = post(designer, f"{address}/deploy", seen=seen[1], note="试行三天")
    assert done.status_code == 303
    assert "第 2 版" in told(designer, done.headers["Location"])
    story.receives()
    fresh = story.received
    for case in (running, fresh):
        story.received = case
        story.goes_through(*TO_THE_ANSWER[:4])
    with reading(story.sessions) as session:
        budgets = dict(
            session.execute(
                select(Case.number, Deadline.budget)
                .join(Deadline, Deadline.case_id == Case.id)
                .where(Deadline.limit == "contact")
            ).all()
        )
    assert budgets == {running.number: "5 WD", fresh.number: "3 WD"}


def test_nothing_typed_is_lost_and_faults_are_told_at_their_control(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    entry = f"{draft}/limits/entry?key=contact"
    page = html.unescape(sends(designer, entry, "look", **{"f.budget": "半天", "f.en": ""}).text)
    assert 'id="f.budget-e"' in page
    assert "写一个整数，再选单位" in page
    assert 'id="f.en-e"' in page
    assert 'value="半天"' in page
    assert sends(designer, entry, "save", **{"f.budget": "半天"}).status_code == 303
    assert kept(story, draft)["limits"]["contact"]["budget"] == "半天 WD", "a draft takes faults"
    assert "1 处不能部署" in told(designer, draft)
    assert "时限 › 联系建议人 › 多长" in told(designer, draft)
    assert "1 fault that keeps it from use" in told(designer, f"{draft}?lang=en")


def test_what_was_inherited_becomes_the_pack_s_own_and_back(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    entry = f"{draft}/limits/entry?key=handling"
    page = html.unescape(sends(designer, entry, "look", **{"f.budget": "7"}).text)
    assert "决策表的不再算" in page
    sends(designer, entry, "save", **{"f.budget": "7"})
    assert "limits.handling" in kept(story, draft)["stated"]
    asked = f"{draft}/limits/remove?key=handling&do=inherit"
    assert "恢复继承：办理" in told(designer, asked)
    act = f"{draft}/limits/act?key=handling"
    was = controls(designer.get(asked).text)["was"]
    assert post(designer, act, do="inherit", was=was).status_code == 303
    assert "limits.handling" not in kept(story, draft)["stated"]
    assert designer.get(asked).status_code == 404
    asked = f"{draft}/channels/remove?do=inherit"
    assert "24 小时热线电话" in told(designer, asked)
    was = controls(designer.get(asked).text)["was"]
    assert post(designer, f"{draft}/channels/act", do="inherit", was=was).status_code == 303
    assert "channels" not in kept(story, draft)["stated"]


def test_an_entry_is_added_moved_and_taken_out(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    add = f"{draft}/outcomes/entry"
    empty = post(designer, add, do="look", was="new")
    assert empty.status_code == 422
    assert "写一个标识" in html.unescape(empty.text)
    for wrong in ("Not Good", "solved"):
        refused = post(designer, add, do="save", was="new", **{"f.key": wrong})
        assert refused.status_code == 422
    said = {"f.key": "forwarded", "f.zh": "转交", "f.en": "Forwarded"}
    assert post(designer, add, do="save", was="new", **said).status_code == 303
    assert kept(story, draft)["outcomes"][-1] == {
        "key": "forwarded",
        "zh": "转交",
        "en": "Forwarded",
    }
    table = f"{draft}/outcomes"
    order = re.findall(r'name="was" value="([^"]*)"', designer.get(table).text)[0]
    assert post(designer, f"{table}/act?key=forwarded", do="up", was=order).status_code == 303
    assert [one["key"] for one in kept(story, draft)["outcomes"]][-2:] == [
        "forwarded",
        "terminated",
    ]
    asked = f"{table}/remove?key=legal_channel"
    page = told(designer, asked)
    assert "没有“legal_channel”这一项。" in page, "the check list still names it"
    was = controls(page)["was"]
    act = f"{table}/act?key=legal_channel"
    assert post(designer, act, do="remove", was=was).status_code == 303
    assert "legal_channel" not in {one["key"] for one in kept(story, draft)["outcomes"]}
    assert post(designer, act, do="remove", was=was).status_code == 404
    assert post(designer, act, do="nonsense", was=was).status_code == 400


@pytest.mark.parametrize("key", ["gl-jindianzi", "qd-sanwo-5", "base-12345"])
def test_every_entry_of_the_shipped_packs_goes_through_its_form_unchanged(key: str) -> None:
    content = load(PACKS / key).content
    for name, section in SECTIONS.items():
        places = [Place(name)]
        if name == RUNGS:
            places = [Place(RUNGS, limit) for limit in content["limits"]]
        for at in places:
            for entry in pack_editing.entries(content, at).values():
                again = pack_form.entry_of(section, pack_form.filled(section, entry), entry)
                assert again == (entry, {}), (name, entry)


def test_what_is_typed_in_several_lines_is_read(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    before = kept(story, draft)
    assert sends(designer, f"{draft}/rungs/entry?of=contact&key=remind", "save").status_code == 303
    assert kept(story, draft) == before
    sends(designer, f"{draft}/categories/entry?key=noise", "save", **{"f.words": "很吵，扰民\n吵"})
    words = next(one for one in kept(story, draft)["categories"] if one["key"] == "noise")["words"]
    assert words == ["很吵", "扰民", "吵"]
    hours = {"f.segments": "09:00 - 12:00\n14:00至17:30", "f.close": "17:30"}
    sends(designer, f"{draft}/office_hours/entry", "save", **hours)
    assert kept(story, draft)["office_hours"]["segments"] == [
        ["09:00", "12:00"],
        ["14:00", "17:30"],
    ]
    rate = sends(designer, f"{draft}/rates/entry?key=closing", "save", **{"f.": "{no json"})
    assert rate.status_code == 422
    assert "{no json" in html.unescape(rate.text)


def test_two_windows_at_other_entries_go_on_and_at_the_same_one_both_are_kept(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    contact, sign = (f"{draft}/limits/entry?key={key}" for key in ("contact", "sign"))
    first, second = controls(designer.get(contact).text), controls(designer.get(contact).text)
    other = controls(designer.get(sign).text)
    for fields in (first, second, other):
        fields.pop("request_token")
    post(designer, contact, **{**first, "do": "save", "f.budget": "3"})
    went_on = post(designer, sign, **{**other, "do": "save", "f.budget": "2"})
    assert draft in went_on.headers["Location"], "what the other did not touch is no conflict"
    apart = post(designer, contact, **{**second, "do": "save", "f.budget": "4"})
    beside = apart.headers["Location"]
    assert draft not in beside
    assert "两边都留着" in told(designer, beside)
    assert kept(story, draft)["limits"]["contact"]["budget"] == "3 WD"
    assert kept(story, beside)["limits"]["contact"]["budget"] == "4 WD"
    assert kept(story, beside)["limits"]["sign"]["budget"] == "2 WD"


def test_somebody_else_s_draft_is_only_looked_at(app: APIFlask, story: Story, draft: str) -> None:
    other = app.test_client()
    sign_in(other, "guan.li")
    page = told(other, draft)
    assert "只能看" in page
    assert "加一条" not in page
    entry = f"{draft}/limits/entry?key=contact"
    assert "核对改动" not in told(other, entry)
    assert sends(other, entry, "save", **{"f.budget": "1"}).status_code == 403
    assert kept(story, draft)["limits"]["contact"]["budget"] == "5 WD"


@pytest.mark.parametrize("content", [b"[]", b'{"key": "gl-jindianzi", "limits": [], "stages": 7}'])
def test_a_file_that_is_no_pack_is_told_in_words(
    designer: FlaskClient, story: Story, draft: str, content: bytes
) -> None:
    with transaction(story.sessions) as session:
        draft_id = UUID(draft.split("/")[3])
        by = story.actor("she.ji")
        design_drafts.save(session, draft_id, PACK, content, Window(1, "", 0), by=by)
    page = told(designer, draft)
    assert "读不出来" in page or "不能部署" in page
    for section in ("limits", "stages"):
        assert designer.get(f"{draft}/{section}").status_code == 200
    for address in ("limits/entry", "prefix/entry"):
        url = f"{draft}/{address}"
        assert designer.get(url).status_code in (200, 404)
        answer = post(designer, url, do="save", was="new", **{"f.key": "x", "f.value": "GX"})
        assert answer.status_code in (303, 404, 405, 409, 422)


def test_a_draft_follows_a_base_that_was_deployed_anew(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    assert "跟上底版" not in told(designer, draft)
    with transaction(story.sessions) as session:
        base = next(p for p in deployed.newest_packs(session) if p.key == "base-12345").content
        at = Place("limits")
        sign = {**pack_editing.entry(base, at, "sign"), "budget": "2 WD"}
        changed = pack_editing.put(base, at, "sign", sign)
        deployments.deploy_pack_content(session, "base-12345", changed, "she.ji")
    assert "这里继承来的还是旧的：时限。" in told(designer, draft)
    assert post(designer, f"{draft}/follow").status_code == 303
    assert kept(story, draft)["limits"]["sign"]["budget"] == "2 WD"
    assert "跟上底版" not in told(designer, draft)
    assert post(designer, f"{draft}/follow").status_code == 303, "again is no harm"


def test_a_whole_file_is_put_back_and_a_wrong_one_is_told(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    before = kept(story, draft)
    download = html.unescape(
        re.findall(r'href="([^"]*download[^"]*)"', designer.get(draft).text)[0]
    )
    file = designer.get(download).data

    def put(content: bytes, revision: int) -> TestResponse:
        return post(designer, draft, file=(BytesIO(content), "pack.json"), revision=str(revision))

    refused = put(b"[1]", 1)
    assert refused.status_code == 422
    assert "要一个 JSON 对象" in html.unescape(refused.text)
    assert kept(story, draft) == before
    changed = file.replace(b'"GL"', b'"GX"')
    assert put(changed, 1).headers["Location"] == draft
    assert kept(story, draft)["prefix"] == "GX"
    apart = put(file, 1).headers["Location"]
    assert apart != draft, "this window had not seen the other's"
    assert (kept(story, apart)["prefix"], kept(story, draft)["prefix"]) == ("GL", "GX")


def test_addresses_that_lead_nowhere_say_so(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    for address in (
        "no_such",
        "rungs",
        "rungs?of=no_such",
        "limits/entry?key=no_such",
        "rungs/entry?of=no_such",
        "limits/remove?key=no_such",
        "prefix/remove?key=x",
        "limits/remove",
    ):
        assert designer.get(f"{draft}/{address}").status_code == 404, address
    with transaction(story.sessions) as session:
        by = story.actor("she.ji")
        process = design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=by)
    assert designer.get(f"/design/drafts/{process}/pack").status_code == 404
