"""What one looks at before a draft is put into use: faults, differences, tests, the affected."""

from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from engine import permissions
from engine.commands import design_faults, design_review
from engine.commands.design_drafts import PROCESS
from engine.commands.design_faults import Told
from engine.commands.design_review import Ready
from engine.designing import decision_tests
from engine.designing.decision_tests import Tested
from engine.models import DesignKind, DesignStatus
from engine.permissions import Actor
from engine.queries import affected_instances, affected_packs, design_drafts
from engine.queries.affected_instances import AffectedByProcess
from engine.queries.affected_packs import AffectedByPack
from engine.queries.design_drafts import Opened
from web import comparisons, pack_desk
from web.comparisons import Shown, Side
from web.pack_desk import Desk
from web.request import current_person, installation, reading


@dataclass(frozen=True)
class Acts:
    """What the reader may do with the draft now."""

    deploy: bool
    propose: bool
    withdraw: bool
    refuse: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return self.deploy or self.propose or self.withdraw or self.refuse


@dataclass(frozen=True)
class Review:
    """A draft as it is reviewed. told: faults of a process; desk: of a pack, with its faults."""

    opened: Opened
    ready: Ready
    shown: Shown
    told: tuple[Told, ...]
    desk: Desk | None
    tested: tuple[Tested, ...]
    by_process: AffectedByProcess | None
    by_pack: AffectedByPack | None
    acts: Acts

    @property
    def errors(self) -> int:
        """How many faults keep it from being deployed."""
        if self.desk is not None:
            return self.desk.errors
        return sum(one.fault.severity == "error" for one in self.told)

    @property
    def failing(self) -> list[Tested]:
        """Decisions whose tests do not all pass."""
        return [one for one in self.tested if not one.passed]

    @property
    def moved_on(self) -> bool:
        """Whether somebody else deployed since the draft began: their change would be undone."""
        return self.ready.base_version != self.ready.newest

    @property
    def doubtful(self) -> bool:
        """Whether it takes a tick to deploy it."""
        return bool(self.failing) or self.moved_on


def review(draft_id: UUID) -> Review:
    """The review of a draft. Raises `NotFound`."""
    actor = current_person()
    with reading() as session:
        opened = design_drafts.opened(session, actor, draft_id)
        ready = design_review.look(session, draft_id)
        words = comparisons.known(session, ready.deployed, ready.files)
        limits = design_faults.limits(session)
        process, pack, desk = None, None, None
        if ready.kind is DesignKind.PROCESS:
            process = affected_instances.of_process(
                session,
                actor,
                ready.key,
                ready.deployed.get(PROCESS),
                ready.files.get(PROCESS, b""),
            )
        else:
            desk = pack_desk.at(session, actor, opened)
            if desk.checked.pack is not None:
                pack = affected_packs.of_pack(session, actor, desk.checked.pack)
    # What takes its time asks no database.
    drawn = desk is None
    return Review(
        opened,
        ready,
        comparisons.shown(words, ready.deployed, ready.files, _sides(ready)),
        tuple(design_faults.faults_of(ready.key, ready.files, limits)) if drawn else (),
        desk,
        decision_tests.run(ready.files) if drawn else (),
        process,
        pack,
        _acts(ready, actor),
    )


def _sides(ready: Ready) -> tuple[Side, Side]:
    process = ready.kind is DesignKind.PROCESS
    old = new = ""
    if process and ready.newest is not None:
        old = url_for("definitions.xml", key=ready.key, version=ready.newest)
    if process:
        new = url_for("design_files.show", draft_id=ready.draft_id, path=PROCESS)
    return Side(comparisons.version(ready.newest), old), Side(_("草稿"), new)


def _acts(ready: Ready, actor: Actor) -> Acts:
    own, two = ready.person_id == actor.id, installation().settings.two_persons
    may = permissions.may(actor, "deploy")
    is_open = ready.status is DesignStatus.OPEN
    proposed = ready.status is DesignStatus.PROPOSED
    return Acts(
        deploy=may and ((own and not two and (is_open or proposed)) or (not own and proposed)),
        propose=own and is_open,
        withdraw=own and proposed,
        refuse=may and not own and proposed,
    )


def two_persons() -> bool:
    """Whether what one has drawn another deploys."""
    return installation().settings.two_persons
