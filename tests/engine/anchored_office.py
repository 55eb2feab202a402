"""Three cases and three nights, and what somebody with the database's password may do to them."""

from contextlib import contextmanager

from sqlalchemy import delete, select, update

from engine import history
from engine.commands import anchors
from engine.db import Base, reading, transaction
from engine.models import Case, HistoryEvent
from engine.queries import verifying

DAYS = ("2026-11-02", "2026-11-03", "2026-11-04")


class _Undone(Exception):
    """Ends a transaction whose work was only tried."""


def three_nights(story):
    """Three cases; the last is worked on before each of three anchors."""
    for name in ("甲", "乙", "丙"):
        story.receives(name=f"{name}女士")
    for element in ("complete_record", "screen", "dispatch"):
        story.does(element)
        assert anchors.make(story.sessions).fresh
        story.passes(days=1)
    return story


@contextmanager
def tried(sessions):
    """A session whose work is taken back at the end."""
    try:
        with transaction(sessions) as session:
            yield session
            raise _Undone
    except _Undone:
        pass


def faults(session, vault):
    """What verify finds: the names of the checks that do not hold, and all lines.

    The balance of what rates count names a case with a gap as well, which is told elsewhere.
    """
    checks = verifying.everything(session, vault)
    found = [check for check in checks if not check.holds and check.name != "counted"]
    return {check.name.split(":")[0] for check in found}, [
        line for check in found for line in check.found
    ]


def events(session, case_id):
    """The events of a case, in order."""
    return session.scalars(
        select(HistoryEvent)
        .where(HistoryEvent.stream == history.case_stream(case_id))
        .order_by(HistoryEvent.seq)
    ).all()


def remove_event(session, case_id, seq):
    """One row of a history."""
    session.execute(
        delete(HistoryEvent).where(
            HistoryEvent.stream == history.case_stream(case_id), HistoryEvent.seq == seq
        )
    )


def remove_tail(session, case_id, seq):
    """All events from one on, and the case's row says it never had more."""
    session.execute(
        delete(HistoryEvent).where(
            HistoryEvent.stream == history.case_stream(case_id), HistoryEvent.seq >= seq
        )
    )
    last = events(session, case_id)[-1]
    session.execute(
        update(Case).where(Case.id == case_id).values(chain_seq=last.seq, chain_hash=last.hash)
    )


def remove_case(session, case_id):
    """A case with everything of it, in every table that knows it."""
    session.execute(delete(HistoryEvent).where(HistoryEvent.stream == history.case_stream(case_id)))
    for table in reversed(Base.metadata.sorted_tables):
        if table.name != "case" and "case_id" in table.c:
            session.execute(delete(table).where(table.c.case_id == case_id))
    session.execute(delete(Case).where(Case.id == case_id))


def rewrite(session, case_id, seq, **values):
    """Change an event and compute the chain behind it anew, up to the case's row."""
    head = history.Head()
    for row in events(session, case_id):
        if row.seq == seq:
            for name, value in values.items():
                setattr(row, name, value)
            row.digest = history.digest_of(row.payload, row.salt)
        where = (row.instance_id, row.element)
        row.hash = history.link(head.hash, row.seq, row.kind, row.at, row.by, row.digest, where)
        head = history.Head(row.seq, row.hash)
    session.flush()
    session.execute(update(Case).where(Case.id == case_id).values(chain_hash=head.hash))


def newest_of(sessions):
    """The newest anchor."""
    with reading(sessions) as session:
        return anchors.streams.newest(session)
