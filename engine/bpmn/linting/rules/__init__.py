"""The rules, one subject a module; importing this package registers them all."""

from engine.bpmn.linting import cost
from engine.bpmn.linting.foreign import rules as foreign
from engine.bpmn.linting.rules import (
    awaited,
    boundaries,
    calls,
    choices,
    codes,
    confidential,
    decision_answers,
    decision_cells,
    decision_tables,
    drawing,
    elements,
    events,
    expressions,
    files,
    flows,
    forms,
    ids,
    joins,
    limits,
    messages,
    naming,
    people,
    properties,
    repeated,
    services,
    starts_and_ends,
    timers,
    variables,
    ways,
)

__all__ = [
    "awaited", "boundaries", "calls", "choices", "codes", "confidential", "cost",
    "decision_answers", "decision_cells", "decision_tables", "drawing", "elements", "events",
    "expressions", "files", "flows", "foreign", "forms", "ids", "joins", "limits", "messages",
    "naming", "people", "properties", "repeated", "services", "starts_and_ends",
    "timers", "variables", "ways",
]  # fmt: skip
