"""Who is called today: the draw with its layers, who was chosen, and how many calls are made."""

import pytest
from sqlalchemy import select

from engine import clock
from engine.commands import callback_capacity, figures
from engine.db import reading, transaction
from engine.models import Case, UserTask
from tests.engine.test_callback_draws import OFFICE, WHY, answered, next_morning
from tests.web.staff import Officer, office


@pytest.fixture
def app(sessions, story, vault, tmp_path):
    return office(sessions, tmp_path, vault)


def numbers(story, keys):
    with reading(story.sessions) as session:
        return set(session.scalars(select(Case.number).where(Case.id.in_(keys))))


def test_the_page_says_how_many_calls_are_made_and_who_was_drawn(app, story):
    officer = Officer(app, "du.cheng")
    officer.opens("/callbacks/draws")
    assert "还没有抽过" in officer.text
    assert "现在 60 个。" in officer.text
    form = "//form[contains(@action, 'capacity')]"
    page = officer.fills(form, calls="0", reason="")
    assert page.status_code == 422
    assert "写一天打得了几个" in page.text
    assert "写一句为什么" in page.text
    officer.opens("/callbacks/draws")
    assert officer.fills(form, calls="2", reason=WHY).status_code == 303
    keys = answered(story, 3)
    next_morning(story)
    officer.opens("/callbacks/draws")
    assert "等着回访的 3 件，抽中 2 件" in officer.text
    assert WHY in officer.text
    assert "1.50" in officer.text, "each of the two stands for one and a half"
    chosen = {one.text for one in officer.tree.xpath("//details//a[contains(@href, '/cases/')]")}
    assert len(chosen) == 2
    assert chosen < numbers(story, keys)
    figures.refresh(story.sessions)
    month = f"{clock.now():%Y-%m}"
    officer.opens(f"/rates?month={month}")
    assert "满意率（抽样推算）" in officer.text
    caller = Officer(app, "hui.yin")
    caller.opens("/callbacks")
    assert "2 个能打" in caller.text
    assert "抽中" in caller.text
    # What one of them says is told for all three.
    with reading(story.sessions) as session:
        task = session.scalars(select(UserTask.id).where(UserTask.status == "open")).first()
    caller.opens(f"/callbacks?task={task}")
    answer = caller.fills(
        "//form[contains(@class, 'asking')]",
        **{
            "answer.reached_citizen": "true",
            "answer.contacted": "yes",
            "answer.result": "solved",
            "answer.satisfaction": "5",
        },
    )
    assert answer.status_code == 303
    figures.refresh(story.sessions)
    officer.opens(f"/rates/satisfaction_sampled?from={clock.now():%Y-%m-%d}&pack=gl-jindianzi")
    assert "约 100.0%" in officer.text
    assert "问到 1 件，代表 2 件" in officer.text
    assert not officer.tree.xpath("//form[contains(@action, 'freeze')]"), "no number of its own"


def test_an_office_is_set_by_its_own_supervisor_alone(app, story):
    officer = Officer(app, "du.cheng")
    officer.opens("/callbacks/draws")
    form = "//form[contains(@action, 'capacity')]"
    assert officer.fills(form, calls="5", reason=WHY, office="qd_hotline").status_code == 404
    caller = Officer(app, "hui.yin")
    caller.opens("/callbacks/draws")
    assert not caller.tree.xpath(form)
    with transaction(story.sessions) as session:
        supervisor = story.with_role("supervisor", OFFICE)
        assert callback_capacity.offices(session, supervisor, "callback.draws") == [OFFICE]
    assert Officer(app, "chu.mi").opens("/callbacks/draws").status_code == 403
