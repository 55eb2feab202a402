"""What a checked source reads and sets, found on its tree before it is rewritten."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reads:
    """What a source reads and sets: routing variables, facts, limits it names, names it sets.

    sets: only names set whatever branch a script takes.
    """

    names: frozenset[str]
    facts: frozenset[str]
    limits: frozenset[str]
    sets: frozenset[str]


def surely_set(body: Iterable[ast.stmt]) -> set[str]:
    """Names that are set whichever way the script's ifs go."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign):
            found |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            found.add(statement.target.id)
        elif isinstance(statement, ast.If):
            found |= surely_set(statement.body) & surely_set(statement.orelse)
    return found


def unset_reads(body: Iterable[ast.stmt], known: set[str]) -> set[str]:
    """Names a script reads that it has not surely set before."""
    missing: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.If):
            missing |= _loaded(statement.test) - known
            missing |= unset_reads(statement.body, set(known))
            missing |= unset_reads(statement.orelse, set(known))
        elif isinstance(statement, (ast.Assign, ast.AugAssign)):
            missing |= _loaded(statement.value) - known
            if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                missing |= {statement.target.id} - known
        known |= surely_set([statement])
    return missing


def _loaded(node: ast.AST) -> set[str]:
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return {
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and n.id != "case" and id(n) not in called
    }
