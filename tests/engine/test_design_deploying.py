"""From a draft to a version in use: by one person or two, back again, all or nothing."""

import json

import orjson
import pytest
from sqlalchemy import func, select, text

from engine import deployed, history
from engine.commands import design_deploying, design_drafts, design_review
from engine.commands.design_drafts import PACK, PROCESS, Window
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidDiagram, InvalidInput, InvalidPack, NotAllowed
from engine.models import (
    Definition,
    Deployment,
    DesignDraft,
    DesignKind,
    DesignStatus,
    HistoryEvent,
    Instance,
    Pack,
)
from engine.queries import affected_instances, notices
from tests.racing import failures, together

JDZ = "gl-jindianzi"


@pytest.fixture
def designer(story):
    return story.actor("she.ji")


@pytest.fixture
def second(story):
    return story.actor("guan.li")


@pytest.mark.both
@pytest.mark.story
def test_new_cases_take_what_is_deployed_and_those_under_way_stay(story, designer):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    with reading(story.sessions) as session:
        ready = design_review.look(session, draft)
        found = affected_instances.of_process(
            session, designer, "appeal", ready.deployed[PROCESS], ready.files[PROCESS]
        )
    assert found.versions == ((1, 1),)
    assert [(one.element, one.instances, one.gone) for one in found.standing] == [
        ("contact_citizen", 1, False)
    ]
    done = _deploy(story, draft, designer, note="先打电话")
    assert done.version == 2
    story.receives(name="李先生", phone="13900005678")
    with reading(story.sessions) as session:
        row = session.get_one(DesignDraft, draft)
        deployment = session.get_one(Deployment, row.deployment_id)
        versions = session.scalars(
            select(Definition.version)
            .join(Instance, Instance.definition_id == Definition.id)
            .order_by(Definition.version)
        ).all()
        kinds = session.scalars(
            select(HistoryEvent.kind)
            .where(HistoryEvent.stream == "system")
            .order_by(HistoryEvent.seq.desc())
            .limit(2)
        ).all()
        assert history.broken(session, "system") is None
    assert versions == [1, 2]
    assert (row.status, row.deployed_version) == (DesignStatus.DEPLOYED, 2)
    assert (deployment.deployed_by, deployment.drawn_by) == ("she.ji", "she.ji")
    assert (deployment.note, deployment.back_to) == ("先打电话", None)
    assert kinds == ["design.deployed", "deployed"]


def test_files_written_otherwise_make_no_version(story, designer):
    draft = _draft(story, designer, (PROCESS, "</bpmn:process>", "<!-- new -->\n</bpmn:process>"))
    with pytest.raises(Conflict, match="Nothing differs"):
        _deploy(story, draft, designer)
    assert _versions(story) == [1]
    _change(story, draft, designer, "forms/sign.json", '"签收或退单"', '"签收还是退单"')
    assert _deploy(story, draft, designer).version == 2
    with reading(story.sessions) as session:
        content = session.scalar(_content(2))
    assert b"<!-- new -->" not in content, "the diagram in use stays as it was written"


def test_what_was_only_moved_is_a_version_and_is_told_as_that(story, designer):
    with reading(story.sessions) as session:
        shape = session.scalar(_content(1)).decode()
    at = shape.index("<dc:Bounds x=")
    old = shape[at : shape.index("y=", at)]
    draft = _draft(story, designer, (PROCESS, old, '<dc:Bounds x="7" '))
    with reading(story.sessions) as session:
        ready = design_review.look(session, draft)
    found = design_deploying.comparing.compare_files(ready.deployed, ready.files)
    assert found.moved_only
    assert _deploy(story, draft, designer).version == 2


def test_with_two_persons_one_proposes_and_another_deploys(story, designer, second):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    with pytest.raises(NotAllowed, match="second person"):
        _deploy(story, draft, designer, two_persons=True)
    with pytest.raises(NotAllowed, match="not proposed"):
        _deploy(story, draft, second, two_persons=True)
    _propose(story, draft, designer, "看一下")
    seen = _seen(story, draft)
    assert _change(story, draft, designer, PROCESS, "先联系", "再联系").apart
    assert _seen(story, draft) == seen, "what is proposed stays as it was proposed"
    with transaction(story.sessions) as session, pytest.raises(InvalidInput) as caught:
        design_deploying.refuse(session, draft, reason=" ", by=second)
    assert caught.value.field == "reason"
    with transaction(story.sessions) as session, pytest.raises(NotAllowed):
        design_deploying.refuse(session, draft, reason="自己", by=designer)
    with transaction(story.sessions) as session:
        design_deploying.refuse(session, draft, reason="名字太长", by=second)
    with reading(story.sessions) as session:
        row = session.get_one(DesignDraft, draft)
    assert (row.status, row.note, row.refused_by) == (DesignStatus.OPEN, "名字太长", second.id)
    _change(story, draft, designer, PROCESS, "先联系市民", "联系来信人")
    _propose(story, draft, designer, "改短了")
    with transaction(story.sessions) as session:
        design_deploying.withdraw(session, draft, by=designer)
    _propose(story, draft, designer, "改短了")
    with pytest.raises(NotAllowed):
        _deploy(story, draft, designer, two_persons=True)
    assert _deploy(story, draft, second, two_persons=True).version == 2
    with reading(story.sessions) as session:
        row = session.get_one(DesignDraft, draft)
        deployment = session.get_one(Deployment, row.deployment_id)
        kinds = session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.kind.like("design.%"))
        ).all()
    assert (deployment.deployed_by, deployment.drawn_by) == ("guan.li", "she.ji")
    assert sorted(kinds) == [
        "design.deployed", "design.proposed", "design.proposed", "design.proposed",
        "design.refused", "design.withdrawn",
    ]  # fmt: skip


def test_a_second_person_is_asked_and_the_first_hears_what_came_of_it(story, designer, second):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    _propose(story, draft, designer, "看一下")
    with transaction(story.sessions) as session:
        design_deploying.refuse(session, draft, reason="名字太长", by=second)
    _propose(story, draft, designer, "改短了")
    _deploy(story, draft, second, two_persons=True)
    review = f"/design/drafts/{draft}/review"
    asked = ("design_proposed", "佘绘图（演示）请人复核、部署「诉求办理」", review)
    assert _told(story, second) == [asked, asked]
    assert [said for _, said, _ in _told(story, designer)] == [
        "管理齐（演示）部署了您的「诉求办理」",
        "管理齐（演示）退回了您的「诉求办理」",
    ]
    assert not _told(story, story.with_role("supervisor"))


def _told(story, actor):
    with reading(story.sessions) as session:
        found = notices.page(session, actor).notices
    return [(one.kind, one.sentence["zh"], one.path) for one in found]


def test_only_what_was_looked_at_is_deployed(story, designer, second):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    before = _seen(story, draft)
    _change(story, draft, designer, PROCESS, "先联系市民", "后联系市民")
    with pytest.raises(Conflict, match="has changed"):
        _deploy(story, draft, designer, seen=before)
    mine = _seen(story, draft)
    other = _draft(story, second, (PROCESS, 'name="办理"', 'name="着手办理"'))
    _deploy(story, other, second)
    with pytest.raises(Conflict, match="has changed"):
        _deploy(story, draft, designer, seen=mine)
    assert _versions(story) == [1, 2]
    with pytest.raises(Conflict, match="over"):
        _deploy(story, other, second)


def test_faults_refuse_a_deployment_and_leave_the_draft(story, designer):
    draft = _draft(story, designer, (PROCESS, 'value="dispatcher"', 'value="wizard"'))
    with pytest.raises(InvalidDiagram) as caught:
        _deploy(story, draft, designer)
    assert "wizard" in " ".join(fault.message for fault in caught.value.faults)
    _is_untouched(story, draft)


@pytest.mark.both
@pytest.mark.story
def test_a_database_that_refuses_in_the_middle_leaves_nothing_half_done(story, designer):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    before = _counts(story)
    with pytest.raises(RuntimeError, match="no more"), transaction(story.sessions) as session:
        done = design_deploying.deploy(
            session, draft, note="", by=designer, seen=_seen(story, draft)
        )
        assert done.version == 2
        raise RuntimeError("no more")
    assert _counts(story) == before
    _is_untouched(story, draft)
    with transaction(story.sessions) as session:
        # What the act does last fails.
        session.execute(text("ALTER TABLE history RENAME TO history_away"))
    with pytest.raises(Exception, match="history"):
        _deploy(story, draft, designer)
    with transaction(story.sessions) as session:
        session.execute(text("ALTER TABLE history_away RENAME TO history"))
    assert _counts(story) == before
    _is_untouched(story, draft)
    assert _deploy(story, draft, designer).version == 2


@pytest.mark.both
@pytest.mark.story
def test_two_who_deploy_the_same_draft_at_once_make_one_version(story, designer):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    seen = _seen(story, draft)
    results = together([lambda: _deploy(story, draft, designer, seen=seen)] * 3)
    assert {type(error) for error in failures(results)} == {Conflict}
    assert _versions(story) == [1, 2]


def test_going_back_deploys_the_older_content_as_the_next_version(story, designer):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    _deploy(story, draft, designer)
    done = _roll_back(story, DesignKind.PROCESS, "appeal", 1, designer, note="市民不满意")
    assert (done.version, done.draft_id) == (3, None)
    with reading(story.sessions) as session:
        assert session.scalar(_content(3)) == session.scalar(_content(1))
        row = session.scalars(
            select(Deployment)
            .join(Definition, Definition.deployment_id == Deployment.id)
            .where(Definition.key == "appeal", Definition.version == 3)
        ).one()
        event = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "design.rolled_back")
        ).one()
    assert (row.back_to, row.note, row.drawn_by) == (1, "市民不满意", "")
    assert (event.payload["back_to"], event.payload["version"]) == (1, 3)
    with pytest.raises(Conflict, match="says what is in use"):
        _roll_back(story, DesignKind.PROCESS, "appeal", 1, designer)


def test_going_back_waits_for_a_second_person_where_two_are_asked_for(story, designer, second):
    draft = _draft(story, designer, (PROCESS, 'name="联系市民"', 'name="先联系市民"'))
    _deploy(story, draft, designer)
    done = _roll_back(story, DesignKind.PROCESS, "appeal", 1, designer, two_persons=True)
    assert done.version is None
    with reading(story.sessions) as session:
        assert session.get_one(DesignDraft, done.draft_id).status == DesignStatus.PROPOSED
    assert _deploy(story, done.draft_id, second, two_persons=True).version == 3
    with reading(story.sessions) as session:
        row = session.get_one(DesignDraft, done.draft_id)
        assert session.get_one(Deployment, row.deployment_id).back_to == 1


@pytest.mark.both
@pytest.mark.story
def test_a_pack_is_deployed_and_taken_back_the_same_way(story, designer):
    draft = _pack_draft(story, designer, "3 WD")
    assert _deploy(story, draft, designer, note="试行").version == 2
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert story.deadlines("contact")[0].budget == "3 WD"
    assert _roll_back(story, DesignKind.PACK, JDZ, 1, designer).version == 3
    with reading(story.sessions) as session:
        packs = session.scalars(select(Pack).where(Pack.key == JDZ).order_by(Pack.version)).all()
        assert packs[2].content == packs[0].content
        made = [session.get_one(Deployment, pack.deployment_id) for pack in packs[1:]]
        assert deployed.newest_packs(session)
    assert [(one.note, one.drawn_by, one.back_to) for one in made] == [
        ("试行", "she.ji", None),
        ("", "", 1),
    ]


def test_a_pack_that_is_none_is_refused_and_kept(story, designer):
    draft = _pack_draft(story, designer, "3 WD")
    for content in (b"{", b"[]", b'{"key": "gl-jindianzi"}'):
        with transaction(story.sessions) as session:
            revision = session.execute(
                text("SELECT max(revision) FROM design_file WHERE path = 'pack.json'")
            ).scalar()
            design_drafts.save(session, draft, PACK, content, Window(revision, "", 0), by=designer)
        with pytest.raises(InvalidPack):
            _deploy(story, draft, designer)
        _is_untouched(story, draft)


def test_a_role_that_gains_or_loses_a_task_is_named_with_its_people(story, designer):
    draft = _draft(
        story,
        designer,
        (PROCESS, 'name="roles" value="dispatcher"', 'name="roles" value="screener"'),
    )
    with reading(story.sessions) as session:
        ready = design_review.look(session, draft)
        found = affected_instances.of_process(
            session, designer, "appeal", ready.deployed[PROCESS], ready.files[PROCESS]
        )
    told = {one.role: (len(one.gains), len(one.loses), one.people > 0) for one in found.roles}
    gained = told["screener"][0]
    assert gained >= 1
    assert told == {"dispatcher": (0, gained, True), "screener": (gained, 0, True)}
    assert {pack["zh"] for pack in found.packs}
    with reading(story.sessions) as session:
        nothing = affected_instances.of_process(
            session, designer, "appeal", b"<", ready.files[PROCESS]
        )
    assert nothing.standing == ()


def _draft(story, by, *changes):
    with transaction(story.sessions) as session:
        draft = design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=by)
    for path, old, new in changes:
        _change(story, draft, by, path, old, new)
    return draft


def _pack_draft(story, by, budget):
    with transaction(story.sessions) as session:
        draft = design_drafts.begin(session, DesignKind.PACK, JDZ, by=by)
        content = json.loads(design_review.look(session, draft).files[PACK])
        content["limits"]["contact"]["budget"] = budget
        design_drafts.save(session, draft, PACK, orjson.dumps(content), Window(1, "", 0), by=by)
    return draft


def _change(story, draft, by, path, old, new):
    with transaction(story.sessions) as session:
        content = design_review.look(session, draft).files[path].decode()
        assert old in content
        revision = session.execute(
            text("SELECT revision FROM design_file WHERE draft_id = :d AND path = :p"),
            {"d": draft.bytes if session.bind.dialect.name == "sqlite" else draft, "p": path},
        ).scalar()
        return design_drafts.save(
            session,
            draft,
            path,
            content.replace(old, new).encode(),
            Window(revision, "", 0),
            by=by,
        )


def _seen(story, draft):
    with reading(story.sessions) as session:
        return design_review.look(session, draft).seen


def _deploy(story, draft, by, *, seen=None, **more):
    seen = seen or _seen(story, draft)
    with transaction(story.sessions) as session:
        return design_deploying.deploy(session, draft, by=by, seen=seen, **{"note": "", **more})


def _propose(story, draft, by, note):
    seen = _seen(story, draft)
    with transaction(story.sessions) as session:
        design_deploying.propose(session, draft, note=note, by=by, seen=seen)


def _roll_back(story, kind, key, version, by, **more):
    with transaction(story.sessions) as session:
        return design_deploying.roll_back(
            session, kind, key, version, by=by, **{"note": "", **more}
        )


def _versions(story):
    with reading(story.sessions) as session:
        return session.scalars(
            select(Definition.version)
            .where(Definition.kind == "bpmn", Definition.key == "appeal")
            .order_by(Definition.version)
        ).all()


def _content(version):
    return select(Definition.content).where(
        Definition.kind == "bpmn", Definition.key == "appeal", Definition.version == version
    )


def _counts(story):
    with reading(story.sessions) as session:
        return [
            session.scalar(select(func.count()).select_from(table))
            for table in (Definition, Deployment, HistoryEvent)
        ]


def _is_untouched(story, draft):
    with reading(story.sessions) as session:
        row = session.get_one(DesignDraft, draft)
        assert (row.status, row.deployed_version) == (DesignStatus.OPEN, None)
        assert design_review.look(session, draft).files
