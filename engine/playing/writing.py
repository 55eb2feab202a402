"""What people write into the form of a task, once they have chosen what to do."""

from engine.playing import writing_handling, writing_supervision, writing_transfer
from engine.playing.answers import answers_for
from engine.playing.bank import phrases
from engine.playing.course import Opened
from engine.playing.desk import Desk, Written

_OWN = {**writing_transfer.OWN, **writing_handling.OWN, **writing_supervision.OWN}


def write(desk: Desk, task: Opened, choice: str) -> Written:
    """Answers to the form of the task; more than it asks, perhaps, but nothing untrue."""
    chance = desk.course.lots("write", task.element, task.item, task.time)
    own = _OWN.get(task.element)
    said = own(desk, task, choice, chance) if own is not None else {}
    return answers_for(task.element, desk.now, said)


def is_fob(text: str) -> bool:
    """Whether an answer is one that says nothing."""
    return text in phrases("fob")
