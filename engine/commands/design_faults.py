"""Every fault of a draft (问题) while it is drawn: in words, why, and a way to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine import deployed
from engine.bpmn.linting import showing
from engine.bpmn.linting.faults import Fault
from engine.commands import deployments
from engine.commands.design_contents import as_files
from engine.designing import fault_words, fixes
from engine.designing.fixing import Fix
from engine.models import Role

Texts = Mapping[str, str]
_ROLES = frozenset(str(role) for role in Role)


@dataclass(frozen=True)
class Told:
    """One fault as a page shows it.

    message, why: {"zh", "en"}; why: of the rule. shown: the rule has an example. fix: None where
    only a person can know.
    """

    fault: Fault
    message: Texts
    why: Texts
    shown: bool
    fix: Fix | None


def limits(session: Session) -> set[str]:
    """The limits that a diagram may name: those of the packs in use."""
    return {name for pack in deployed.newest_packs(session) for name in pack.limits}


def faults_of(key: str, files: Mapping[str, bytes], known_limits: set[str]) -> list[Told]:
    """What is wrong with the files of a process, by path; errors first, then by file and line."""
    about = fixes.About(key, files, _ROLES)
    found = deployments.check(as_files(key, files), known_limits)
    found.sort(key=lambda one: (one.severity != "error", one.file, one.line or 0))
    return [
        Told(
            one,
            {"zh": fault_words.zh(one), "en": one.message},
            fault_words.why(one.rule),
            showing.example(one.rule) is not None,
            fixes.fix_of(one, about),
        )
        for one in found
    ]


def as_json(told: Told, language: str) -> dict[str, Any]:
    """What a window's list of problems reads; language: "zh" or "en"."""
    mend = told.fix
    return {
        **told.fault.as_dict(),
        "message": told.message[language],
        "why": told.why[language],
        "shown": told.shown,
        "fix": mend and {"label": mend.label[language], "operations": list(mend.operations)},
    }
