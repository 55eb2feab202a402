"""Working days, hours and calendar days to instants and back; pure, without a database.

`due` is the rule; `explain` says it day by day; `before` and `remaining` look at a due time
from the other side. Inputs are aware, results aware UTC; dates are taken in the calendar's zone.
"""

from engine.working_time.budget import Budget
from engine.working_time.calendar import Calendar, Day, OfficeHours
from engine.working_time.counting import Due, before, due
from engine.working_time.explaining import Explanation, Step, explain
from engine.working_time.office import Remaining, next_office_moment, remaining
from engine.working_time.suspending import Suspension

__all__ = [
    "Budget",
    "Calendar",
    "Day",
    "Due",
    "Explanation",
    "OfficeHours",
    "Remaining",
    "Step",
    "Suspension",
    "before",
    "due",
    "explain",
    "next_office_moment",
    "remaining",
]
