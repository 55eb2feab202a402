"""Closed units (撤销的单位): what still names one is read as the unit that took over.

Diagrams, packs and running cases name units by key; none of them need be changed when a unit is
closed with a successor.
"""

from collections.abc import Mapping
from typing import Any

_ONE = ("unit", "proposed_unit", "precedent_unit", "ruled_unit", "return_proposal")
_SEVERAL = ("candidate_units", "co_units", "co_done")


def follow(facts: dict[str, Any], successors: Mapping[str, str]) -> None:
    """Put successors in the place of closed units, wherever facts name whose turn it is."""
    if not successors:
        return
    for name in _ONE:
        if facts.get(name) in successors:
            facts[name] = successors[facts[name]]
    for name in _SEVERAL:
        units = facts.get(name, [])
        if not successors.keys().isdisjoint(units):
            facts[name] = list(dict.fromkeys(successors.get(one, one) for one in units))


def final(of: Mapping[str, str], active: frozenset[str]) -> dict[str, str]:
    """Closed key -> the active unit at the end of its chain; those that lead nowhere are left out.

    of: closed key -> successor, as the rows say it.
    """
    found = {}
    for key in of:
        at, seen = key, {key}
        while at in of and of[at] not in seen:
            at = of[at]
            seen.add(at)
        if at in active:
            found[key] = at
    return found
