"""Players: what habits lead to, seen in what the commands left behind."""

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.db import connect, reading
from engine.identity import Vault
from engine.models import (
    Answer,
    Callback,
    Case,
    Contact,
    Evaluation,
    Incident,
    Interview,
    Matter,
    OutboxNotice,
    Review,
    Slip,
    Supervision,
    SupervisionStep,
    UserTask,
)
from engine.playing import demo, memory
from engine.playing.cast import Wanted
from engine.playing.figures import figures
from engine.playing.habits import Habit, given
from engine.playing.writing import is_fob

UNTIL = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
VAULT = Vault(bytes(range(32)))
PROMPT = Habit((10, 40), late=0, returns=0, fobs=0, yields={"time": 1})


class Sheet:
    """Keeps what was sent."""

    def __init__(self):
        self.sent = []

    def send(self, notice):
        self.sent.append(notice)


def played(sessions, wanted, everyone=None):
    sheet = Sheet()
    assert demo.play(sessions, VAULT, sheet, wanted, everyone=everyone) == 0
    return sheet


@pytest.fixture(scope="module")
def office(templates, tmp_path_factory):
    """An office after three weeks of its own people."""
    with templates["sqlite"].copy(tmp_path_factory.mktemp("played")) as url:
        factory = connect(url)
        factory.sheet = played(factory, Wanted(100, 28, 3, UNTIL))
        yield factory
        factory.kw["bind"].dispose()


@pytest.fixture
def seen(office):
    with reading(office) as session:
        yield session


@pytest.mark.slow
def test_an_office_at_work_has_cases_in_every_state_and_nothing_broken(seen):
    assert set(seen.scalars(select(Case.status))) == {"open", "closed", "refused", "merged"}
    assert set(seen.scalars(select(Case.stage).where(Case.status == "open"))) == {
        *("screening", "transfer", "handling", "feedback", "supervision")
    }
    assert seen.scalar(select(func.count(Incident.id))) == 0
    assert clock.now() > datetime(2026, 11, 1, tzinfo=UNTIL.tzinfo), "the clock is the machine's"


@pytest.mark.slow
def test_nothing_happens_after_the_end_nor_out_of_hours_but_in_danger(seen):
    done = seen.execute(
        select(UserTask.closed_at, UserTask.element).where(UserTask.closed_by.is_not(None))
    ).all()
    assert max(at for at, _ in done) <= UNTIL
    desks = {"dispatch", "review_answer", "phone", "order", "interview", "approve_extension"}
    for at, element in done:
        if element in desks:
            assert 9 <= at.astimezone(UNTIL.tzinfo).hour <= 18


@pytest.mark.slow
def test_people_write_by_day_more_than_by_night(seen):
    hours = [at.astimezone(UNTIL.tzinfo).hour for at in seen.scalars(select(Contact.received_at))]
    assert sum(8 <= hour < 20 for hour in hours) > 0.7 * len(hours)
    assert len(set(seen.scalars(select(Case.body)))) > 0.95 * len(hours)


@pytest.mark.slow
def test_whoever_repeats_joins_a_matter_with_an_answer_of_its_own(seen):
    joined = seen.execute(
        select(Case.status, Matter.main_case_id, Case.id)
        .join(Matter, Matter.id == Case.matter_id)
        .where(Case.id != Matter.main_case_id)
    ).all()
    assert joined
    assert {row.status for row in joined} <= {"merged", "open"}


@pytest.mark.slow
def test_who_is_not_reached_is_called_again_on_other_days_and_kept_out(seen):
    calls = defaultdict(list)
    for call in seen.scalars(select(Callback).order_by(Callback.called_at)):
        calls[call.case_id].append(call)
    thrice = [
        told for told in calls.values() if len(told) == 3 and not any(one.reached for one in told)
    ]
    assert thrice
    for told in thrice:
        assert len({call.called_at.date() for call in told}) >= 2
        assert len({call.band for call in told}) >= 2
        assert all(call.satisfaction is None for call in told)


@pytest.mark.slow
def test_the_rate_counts_the_last_word_of_who_gave_a_mark_and_nobody_else(seen):
    called = seen.execute(
        select(Callback.case_id, Callback.called_at, Callback.satisfaction).where(Callback.reached)
    )
    by_link = seen.execute(
        select(Evaluation.case_id, Evaluation.rated_at, Evaluation.satisfaction).where(
            Evaluation.rated_at.is_not(None)
        )
    )
    said = {one: mark for one, _, mark in sorted((*called, *by_link), key=lambda told: told[1])}
    ended = set(
        seen.scalars(select(Case.id).where(Case.closed_at.is_not(None), Case.sealed.is_(False)))
    )
    marks = [mark for one, mark in said.items() if one in ended and mark is not None]
    silent = ended & set(seen.scalars(select(Callback.case_id))) - set(said)
    told = "\n".join(figures(seen, Wanted(100, 28, 3, UNTIL)).lines)
    assert marks
    assert silent
    assert f"{sum(mark >= 3 for mark in marks)} / {len(marks)} = " in told
    assert f"Of them not reached: {len(silent)}," in told


@pytest.mark.slow
def test_wrong_slips_come_back_with_a_reason(seen):
    returned = seen.scalars(select(Slip).where(Slip.returned_at.is_not(None))).all()
    assert returned
    assert all(slip.return_reason and slip.legal_basis for slip in returned)


@pytest.mark.slow
def test_every_notice_was_sent(office, seen):
    assert seen.scalar(select(func.count()).where(OutboxNotice.next_at.is_not(None))) == 0
    assert len(office.sheet.sent) == seen.scalar(select(func.count(OutboxNotice.id)))


@pytest.mark.slow
def test_a_late_handler_is_urged_by_phone_then_by_order_and_moves(sessions):
    late = Habit((10, 40), late=100, returns=0, fobs=0, yields={"order": 1})
    played(sessions, Wanted(48, 24, 5, UNTIL), late)
    with reading(sessions) as session:
        rungs = set(session.scalars(select(SupervisionStep.rung)))
        assert {"phone", "order"} <= rungs
        first = select(func.min(SupervisionStep.done_at)).where(SupervisionStep.rung == "order")
        began = session.scalar(first)
        moved = session.scalars(
            select(UserTask.closed_at)
            .join(Supervision, Supervision.case_id == UserTask.case_id)
            .where(UserTask.element == "handle", UserTask.closed_by.is_not(None))
        ).all()
        assert any(at > began for at in moved)
        assert "cured" in set(session.scalars(select(Supervision.status)))


@pytest.mark.slow
def test_who_minds_nothing_is_summoned_to_an_interview(sessions):
    stubborn = Habit((10, 40), late=100, returns=0, fobs=0, yields={"commitment": 1})
    played(sessions, Wanted(45, 60, 5, UNTIL), stubborn)
    with reading(sessions) as session:
        assert session.scalar(select(func.count(Interview.id)))
        rungs = list(session.scalars(select(SupervisionStep.rung)))
        assert "commitment" in rungs


@pytest.mark.slow
def test_a_fob_off_is_sent_back_by_review_and_written_anew(sessions):
    evasive = Habit((10, 40), late=0, returns=0, fobs=100, yields={"time": 1})
    played(sessions, Wanted(50, 20, 5, UNTIL), evasive)
    with reading(sessions) as session:
        texts = {answer.id: answer.text for answer in session.scalars(select(Answer))}
        back = session.scalars(select(Review).where(~Review.passed)).all()
        assert len([one for one in back if is_fob(texts[one.answer_id])]) > 5
        sent = session.scalars(select(Answer).where(Answer.sent_at.is_not(None))).all()
        assert [answer for answer in sent if not is_fob(answer.text)]


@pytest.mark.slow
def test_prompt_people_need_no_urging(sessions):
    played(sessions, Wanted(60, 20, 5, UNTIL), PROMPT)
    with reading(sessions) as session:
        scripted = 33  # the hand-written ones show ladders whatever the habits
        numbers = dict(session.execute(select(Contact.case_id, Contact.source_id)).all())
        urged = session.scalars(
            select(Supervision.case_id).where(Supervision.cause == "handling_overdue")
        )
        assert all(int(numbers[case].split(":")[0]) < scripted for case in urged)


def test_of_eight_handlers_every_kind_is_there_and_the_seed_decides():
    logins = [f"p{place}" for place in range(8)]
    one, other = given(logins, 1), given(logins, 2)
    assert len(set(map(id, one.values()))) == 5
    assert one == given(reversed(logins), 1)
    assert one != other


@pytest.mark.slow
def test_a_demo_that_was_cut_short_is_carried_on_to_the_same_figures(sessions, templates, tmp_path):
    wanted = Wanted(64, 24, 7, UNTIL)
    played(sessions, wanted)
    (tmp_path / "other").mkdir()
    with templates["sqlite"].copy(tmp_path / "other") as url:
        other = connect(url)
        for stop in (9, 6):
            days = []

            def cut(day, cases, days=days, stop=stop):
                days.append(day)
                if len(days) > stop:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                demo.play(other, VAULT, Sheet(), wanted, cut)
            with reading(other) as session:
                assert not demo.held(session).ended
                assert memory.has_cases(session)
        played(other, wanted)
        with reading(other) as session, reading(sessions) as whole:
            assert figures(session, wanted).lines == figures(whole, wanted).lines
            assert demo.held(session) == demo.held(whole)
        other.kw["bind"].dispose()
