"""How much a completion costs is counted, not timed."""

import pytest

from engine import clock
from engine.commands import idempotency, tasks
from engine.db import transaction
from tests.counting import statements
from tests.story import TO_THE_ANSWER, answers_for

pytestmark = pytest.mark.both
ROUND = (*TO_THE_ANSWER, "callback")


def test_a_completion_takes_twelve_statements_at_most(story):
    story.receives().goes_through(*ROUND)  # definitions, packs and calendar are read once
    story.receives(name="李先生", phone="13900005678")
    counts = {}
    for element in ROUND:
        task = story.task(element)
        actor = story.someone_for(task)
        answers = answers_for(element, clock.now())
        with statements(story.sessions) as sent, transaction(story.sessions) as session:
            tasks.complete(session, task.id, answers, by=actor)
            idempotency.keep(session, actor.login, element, idempotency.digest(answers), {})
        counts[element] = len(sent)
        story.worker.drain()
    assert max(counts.values()) <= 12, counts


def test_a_plain_completion_reads_twice_and_writes_each_table_once(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.does("contact_citizen")
    task = story.task("handle")
    actor = story.someone_for(task)
    with statements(story.sessions) as sent, transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers_for("handle", clock.now()), by=actor)
    reads = [text for text in sent if text.startswith("SELECT")]
    assert len(reads) == 2, reads
    assert len(sent) <= 9, sent
