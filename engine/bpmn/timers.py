"""Every timer of a diagram as one kind of deadline: the state knows only that it waits.

When it is due is a fact: the token is among those the host read as due in the same transaction.
"""

import re
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import PendingBpmnEvent

from engine.bpmn.allow_list import FUNCTIONS, MAX_SOURCE, Refused, compiled
from engine.bpmn.expressions import Evaluator

BUDGET = re.compile(r"[1-9]\d{0,3} (WD|d|h|h office)", re.ASCII)
NAME = re.compile(r"[a-z][a-z0-9_]*")
_CALL = re.compile(r"(" + "|".join(FUNCTIONS) + r")\s*\(.*\)", re.DOTALL)
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(\d{1,4})H)?", re.ASCII)


class Deadline(TimerEventDefinition):
    """A timer that waits for its deadline row.

    text: the limit's name or budget drawn; expression: instead of it, what gives the text when
    the timer begins to wait (kept with the token).
    """

    def __init__(self, element: str, text: str, expression: str | None = None) -> None:
        super().__init__(element, text)
        self.text = text
        self.formula = expression

    def has_fired(self, my_task: Any) -> bool:
        environment = my_task.workflow.script_engine.environment
        internal = my_task.internal_data
        if internal.get("skipped") or environment.skip(my_task):
            # A boundary event never fires; what waits in the flow passes at once.
            drawn_on = hasattr(my_task.task_spec, "cancel_activity")
            internal["skipped" if drawn_on else "event_fired"] = True
            return not drawn_on
        if self.formula is not None and "limit" not in internal:
            internal["limit"] = environment.limit(my_task, self.formula)
        if my_task.id in environment.due:
            internal["event_fired"] = True
        return bool(internal.get("event_fired", False))

    def skipped(self, my_task: Any) -> bool:
        """Whether an operator let this timer go without a deadline."""
        return bool(my_task.internal_data.get("skipped", False))

    def limit_of(self, my_task: Any) -> str:
        """The limit's name or budget this waiting timer stands for."""
        return str(my_task.internal_data.get("limit", self.text))

    def details(self, my_task: Any) -> PendingBpmnEvent:
        return PendingBpmnEvent(self.name, "Deadline", self.limit_of(my_task))


def read(text: str | None) -> tuple[str, str | None]:
    """(limit text, expression or None) of what stands in a timer. Raises `Refused`, in words.

    `handling`, `5 WD`, `P5D`, `limit("handling")` and `working_days(5)` give a text at once; a
    function of a variable is kept as an expression.
    """
    if len(text or "") > MAX_SOURCE:
        raise Refused(f"at most {MAX_SOURCE} characters can be written")
    source = " ".join((text or "").split())
    if len(source) > 2 and source[0] in "\"'" and source[-1] == source[0]:
        source = source[1:-1].strip()
    if not source:
        raise Refused("the timer is empty; write a limit's name, such as handling, or 5 WD")
    if BUDGET.fullmatch(source) or NAME.fullmatch(source):
        return source, None
    duration = _DURATION.fullmatch(source.upper())
    if duration:
        return _of_duration(source, duration), None
    if _CALL.fullmatch(source):
        reads = compiled(source)[1]
        if not reads.names and not reads.facts:
            return _constant(source), None
        return source, source
    if source.upper().startswith(("P", "R")) and source[1:2].isdigit():
        raise Refused(f"{source[:40]} is not understood; write 5 WD, 3 d, 2 h, P5D or PT2H")
    raise Refused(f"{source[:40]} is not a limit's name, a budget such as 5 WD, nor a duration P5D")


def _constant(source: str) -> str:
    value = Evaluator({}, {}).evaluate(source, {})
    if isinstance(value, str) and (BUDGET.fullmatch(value) or NAME.fullmatch(value)):
        return value
    raise Refused(f"{source[:40]} gives neither a limit's name nor a budget such as 5 WD")


def _of_duration(source: str, match: re.Match[str]) -> str:
    weeks, days, hours = (int(part or 0) for part in match.groups())
    days += 7 * weeks
    if hours and days:
        return f"{days * 24 + hours} h"
    if hours:
        return f"{hours} h"
    if days:
        return f"{days} d"
    raise Refused(f"{source[:40]} is no time at all; write at least 1 h, 1 d or 1 WD")
