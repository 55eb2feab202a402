"""What the API has acknowledged is found again; what is not there is named, line by line."""

import json

import pytest
from sqlalchemy import delete, select, text, update

from engine.commands import idempotency, tasks
from engine.db import new_key, reading, transaction
from engine.errors import InvalidInput
from engine.models import Contact, HistoryEvent, Idempotency, Instance, Supervision, UserTask
from engine.queries import acknowledged
from tests.story import answers_for


@pytest.fixture
def promised(story):
    """An office at work, and what its clients were told, as lines."""
    story.receives().goes_through("complete_record", "screen")
    task = story.task("dispatch")
    by = story.someone_for(task)
    with transaction(story.sessions) as session:
        tasks.claim(session, task.id, by=by)
    answers = answers_for("dispatch", story.clock.at)
    with transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers, by=by)
        answer = {"status": 200, "body": {"case": story.number, "stage": "handling"}}
        idempotency.keep(session, str(by.id), "key-1", bytes(32), answer)
    with reading(story.sessions) as session:
        contact = session.scalars(select(Contact.id)).one()
    ladder = story.supervises("phone")
    number, login = story.number, by.login
    return [
        {"kind": "contact", "contact": str(contact), "case": number},
        {"kind": "claim", "task": str(task.id), "by": login},
        {"kind": "task", "task": str(task.id), "case": number, "by": login, "key": "key-1"},
        {"kind": "supervision", "supervision": str(ladder), "case": number},
    ]


def _found(story, lines):
    """What is missing, by kind."""
    text = [json.dumps(line) + "\n" for line in lines]
    with reading(story.sessions) as session:
        checks = acknowledged.check(session, acknowledged.read(text, "book"))
    return {one.name.partition(": ")[2]: (one.looked_at, *one.found) for one in checks}


@pytest.mark.both
def test_everything_that_was_promised_is_found(story, promised):
    assert _found(story, promised) == {
        "contact": (1,),
        "task": (1,),
        "claim": (1,),
        "supervision": (1,),
        "key": (1,),
    }
    story.goes_through("sign", "contact_citizen")
    assert all(len(told) == 1 for told in _found(story, promised).values()), "later too"


@pytest.mark.parametrize(
    ("line", "changed", "kind", "words"),
    [
        (0, {"case": "GL-20261102-009999"}, "contact", "not in the database as of this case"),
        (0, {"contact": str(new_key())}, "contact", "not in the database"),
        (1, {"task": str(new_key())}, "claim", "not in the database"),
        (2, {"task": str(new_key())}, "task", "not in the database"),
        (2, {"by": "nobody"}, "task", "is completed, by"),
        (2, {"case": "GL-20261102-009999"}, "task", "is completed, by"),
        (2, {"case": "GL-20261102-009999"}, "key", "the key key-1 has another case"),
        (2, {"key": "key-2"}, "key", "the key key-2 has no answer"),
        (3, {"supervision": str(new_key())}, "supervision", "not one of this case"),
    ],
)
def test_what_is_not_there_is_named_with_its_line(story, promised, line, changed, kind, words):
    promised[line] |= changed
    [told] = _found(story, promised)[kind][1:]
    assert told.startswith(f"line {line + 1}: ")
    assert words in told


@pytest.mark.parametrize(
    ("lose", "kind", "words"),
    [
        (update(UserTask).values(status="open", closed_by=None), "task", "is open, by None"),
        (
            delete(HistoryEvent).where(HistoryEvent.kind == "task.completed"),
            "task",
            "without a word in the history",
        ),
        (delete(Idempotency), "key", "has no answer"),
        (delete(Supervision), "supervision", "not one of this case"),
    ],
)
def test_what_was_lost_since_is_named(story, promised, lose, kind, words):
    with transaction(story.sessions) as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(update(Instance).values(supervision_id=None))
        session.execute(lose)
    assert words in _found(story, promised)[kind][1]


def test_a_task_that_another_has_claimed_since_is_named(story, promised):
    task = story.task("sign")
    line = {"kind": "claim", "task": str(task.id), "by": "li.zhi"}
    assert len(_found(story, [line])["claim"]) == 1, "given back"
    with transaction(story.sessions) as session:
        tasks.claim(session, task.id, by=story.someone_for(task))
    assert "is claimed by" in _found(story, [line])["claim"][1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n", "book line 2: expected an answer as JSON"),
        ("[1]\n", "book line 2: expected a kind, one of contact, task, claim, supervision"),
        ('{"kind": "rumour"}\n', "found rumour"),
        ('{"kind": "claim", "by": "li.zhi"}\n', "expected a text as task, found NoneType"),
        ('{"kind": "claim", "task": "7", "by": "li.zhi"}\n', "ids that are UUIDs"),
        ('{"kind": "task", "task": 7, "case": "GL-1", "by": "x"}\n', "a text as task, found int"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_line(text, words):
    with pytest.raises(InvalidInput, match=words):
        list(acknowledged.read(["\n", text], "book"))


def test_a_last_line_that_was_being_written_is_passed_over():
    assert list(acknowledged.read(['{"kind": "cla'], "book")) == []
