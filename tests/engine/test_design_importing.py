"""Diagrams drawn elsewhere: taken whole, or refused in words; nothing is replaced for good."""

import pytest
from lxml import etree
from sqlalchemy import select

from engine.bpmn.linting.documents import BPMN
from engine.commands import design_drafts, design_importing
from engine.commands.design_importing import LARGEST, taken
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, TooLarge
from engine.models import DesignDraft, DesignKind, DesignStatus
from engine.queries import design_drafts as drafts

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
HEAD = f'<b:definitions xmlns:b="{BPMN}" xmlns:di="{DI}" xmlns:camunda="{CAMUNDA}" id="d">'
TASK = '<b:userTask id="t" name="办" camunda:assignee="demo"><!-- 说明 --></b:userTask>'


def diagram(inside=TASK, key="complaint", after=""):
    return (
        f'{HEAD}<b:process id="{key}" isExecutable="true">{inside}</b:process>{after}'
        "</b:definitions>"
    ).encode()


@pytest.fixture
def me(story):
    return story.actor("she.ji")


def test_what_other_tools_wrote_stays(me):
    read = taken(diagram())
    assert (read.key, read.elements, read.shapes, read.tools) == (
        "complaint", 3, False, ("Camunda 7",),
    )  # fmt: skip
    task = next(etree.fromstring(read.content).iter(f"{{{BPMN}}}userTask"))
    assert task.get(f"{{{CAMUNDA}}}assignee") == "demo"
    assert "说明" in etree.tostring(task, encoding="unicode")


def test_the_process_gets_the_key_wherever_it_is_named():
    plane = (
        '<b:collaboration id="c"><b:participant id="p" processRef="complaint"/></b:collaboration>'
        '<di:BPMNDiagram><di:BPMNPlane bpmnElement="complaint"/></di:BPMNDiagram>'
    )
    read = taken(diagram(after=plane), "appeal")
    root = etree.fromstring(read.content)
    assert read.key == root.find(f"{{{BPMN}}}process").get("id") == "appeal"
    assert b'processRef="appeal"' in read.content
    assert b'bpmnElement="appeal"' in read.content
    with pytest.raises(InvalidInput) as refused:
        taken(diagram(), "t")
    assert refused.value.field == "key", "a task has that id"


def test_elements_that_share_an_id_get_one_each_and_their_shapes():
    shapes = '<di:BPMNShape id="s1" bpmnElement="t"/><di:BPMNShape id="s2" bpmnElement="t"/>'
    read = taken(
        diagram(
            TASK + TASK,
            after=f"<di:BPMNDiagram><di:BPMNPlane>{shapes}</di:BPMNPlane></di:BPMNDiagram>",
        )
    )
    root = etree.fromstring(read.content)
    assert [one.get("id") for one in root.iter(f"{{{BPMN}}}userTask")] == ["t", "t_2"]
    assert [one.get("bpmnElement") for one in root.iter(f"{{{DI}}}BPMNShape")] == ["t", "t_2"]
    assert read.renamed == {"t_2": "t"}
    assert read.shapes


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    + diagram().decode()
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (BOMB.encode(), "entities"),
        (BOMB.encode("utf-16"), "entities"),
        (b"", "well-formed"),
        (b"<b:definitions", "well-formed"),
        (b"\x89PNG\r\n", "well-formed"),
        (b"<html/>", "BPMN"),
        (f"{HEAD}</b:definitions>".encode(), "process"),
        (diagram("<b:task>" * 400 + "</b:task>" * 400), "well-formed"),
    ],
    ids=["bomb", "bomb in utf-16", "empty", "cut", "picture", "html", "no process", "too deep"],
)
def test_what_is_no_diagram_is_refused_in_words(content, expected):
    with pytest.raises(InvalidInput) as refused:
        taken(content)
    assert refused.value.field == "file"
    assert expected in refused.value.expected


def test_five_megabytes_are_taken_and_one_more_byte_is_not():
    filling = LARGEST - len(diagram()) - len("<b:documentation></b:documentation>")
    whole = diagram(TASK + f"<b:documentation>{'x' * filling}</b:documentation>")
    assert len(whole) == LARGEST
    assert taken(whole).elements == 3
    with pytest.raises(TooLarge):
        taken(whole + b" ")


@pytest.mark.both
def test_it_becomes_a_draft_of_its_own(sessions, me):
    with transaction(sessions) as session:
        draft = design_importing.as_new(session, taken(diagram()), by=me)
    with reading(sessions) as session:
        opened = drafts.opened(session, me, draft)
    assert (opened.line.key, opened.line.base_version) == ("complaint", None)
    with pytest.raises(InvalidInput, match="key"), transaction(sessions) as session:
        design_importing.as_new(session, taken(diagram(key="Process_1")), by=me)


@pytest.mark.both
def test_the_drawing_it_takes_the_place_of_is_put_away(sessions, story, me):
    with transaction(sessions) as session:
        draft = design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=me)
        read = taken(diagram(), "appeal")
        kept = design_importing.in_place(session, draft, read, by=me, before="导入前的图")
    with reading(sessions) as session:
        now, before = drafts.opened(session, me, draft), drafts.opened(session, me, kept)
        status = session.scalar(select(DesignDraft.status).where(DesignDraft.id == kept))
    assert b"camunda" in now.files["process.bpmn"].content
    assert "classify.dmn" in now.files
    assert b'id="screening"' in before.files["process.bpmn"].content
    assert (before.line.title, status) == ("导入前的图", DesignStatus.DROPPED)
    with pytest.raises(NotAllowed), transaction(sessions) as session:
        design_importing.in_place(session, draft, read, by=story.actor("guan.li"), before="x")
    with transaction(sessions) as session:
        design_drafts.drop(session, draft, by=me)
    with pytest.raises(Conflict), transaction(sessions) as session:
        later = taken(diagram(TASK.replace("办", "再办")), "appeal")
        design_importing.in_place(session, draft, later, by=me, before="x")
