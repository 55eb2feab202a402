"""Taking in messages from elsewhere (导入): each becomes a case once, however often it comes."""

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from engine import outages
from engine.commands import cases
from engine.commands.import_rows import Earlier, Fit, Known, Plan, Refused, Verdict, judge
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict, HuiyinError, InvalidInput, Unavailable
from engine.identity import Vault
from engine.importing.reasons import Reason
from engine.importing.records import Row

BATCH = 100
ATTEMPTS = 5
LONGEST_SOURCE = 100


@dataclass
class Tally:
    """The balance of an import: read = taken + already there + refused."""

    read: int = 0
    taken: int = 0
    there: int = 0
    refused: int = 0

    @property
    def balances(self) -> bool:
        """Whether every row that was read has its place."""
        return self.read == self.taken + self.there + self.refused

    def __str__(self) -> str:
        return (
            f"read {self.read} = taken {self.taken} + already there {self.there} "
            f"+ refused {self.refused}"
        )


@dataclass
class Taken:
    """What became of one batch."""

    taken: int = 0
    there: int = 0
    refused: list[Refused] = field(default_factory=list)


def batches(rows: Iterator[Row], size: int = BATCH) -> Iterator[list[Row]]:
    """Rows in portions that are taken in one transaction each."""
    while batch := list(islice(rows, size)):
        yield batch


def check(sessions: Sessions, plan: Plan) -> None:
    """Raise `NotFound` or `InvalidInput` if nothing could be taken in by this plan."""
    if not 0 < len(plan.source) <= LONGEST_SOURCE:
        raise InvalidInput("--source", f"1 to {LONGEST_SOURCE} characters")
    with reading(sessions) as session:
        receiving = cases.receiving(session, plan.pack_key)
    pack = receiving.pack
    if pack.item("channels", plan.channel) is None:
        keys = ", ".join(entry["key"] for entry in pack.items("channels"))
        raise InvalidInput("--channel", f"one of {keys}", plan.channel[:40])
    office = pack.reception(plan.channel)
    if office not in receiving.units:
        raise InvalidInput(
            "--pack", f"an organisation with the unit {office}, which receives its cases", "none"
        )


def take(sessions: Sessions, vault: Vault, plan: Plan, batch: Sequence[Row]) -> Taken:
    """Take in one batch in one transaction; a bad row is refused and loses nothing else.

    When another process takes in the same at the same moment, or the database refuses a row, the
    batch begins again. Raises `NotFound` if the pack is not deployed, `Conflict` if nothing helps.
    """
    careful = False
    for _ in range(ATTEMPTS):
        try:
            with transaction(sessions) as session:
                return _take(session, vault, plan, batch, careful=careful)
        except Conflict:
            continue
        except Unavailable:
            raise  # no row's doing
        except (HuiyinError, DBAPIError):
            if careful:
                raise
            careful = True
    raise Conflict("Others write the same rows at this moment. Run the import again.")


def rehearse(
    sessions: Sessions, plan: Plan, batch: Sequence[Row], seen: MutableMapping[str, Earlier]
) -> list[Verdict]:
    """What would become of each row; nothing is written.

    seen: what earlier batches of the file would have left, to which it adds. Raises `NotFound`.
    """
    with reading(sessions) as session:
        return judge(session, plan, cases.receiving(session, plan.pack_key), batch, seen)


def _take(
    session: Session, vault: Vault, plan: Plan, batch: Sequence[Row], *, careful: bool
) -> Taken:
    """careful: a savepoint for each row, so that one that fails late loses nothing else."""
    receiving = cases.receiving(session, plan.pack_key, len(batch))
    done = Taken()
    for verdict in judge(session, plan, receiving, batch, {}):
        match verdict:
            case Refused():
                done.refused.append(verdict)
            case Known():
                done.there += 1
            case Fit(row, said) if careful:
                try:
                    with session.begin_nested():
                        cases.receive_checked(session, vault, receiving, said, by=plan.by)
                except (IntegrityError, Conflict) as error:
                    raise Conflict from error
                except (HuiyinError, DBAPIError) as error:
                    if out := outages.of(error):
                        raise out from error
                    done.refused.append(Refused(row, _late(error)))
                else:
                    done.taken += 1
            case Fit(_, said):
                cases.receive_checked(session, vault, receiving, said, by=plan.by)
                done.taken += 1
    return done


def _late(error: HuiyinError | DBAPIError) -> Reason:
    """Why a row failed that had been found fit."""
    if isinstance(error, HuiyinError):
        return Reason(f"流程没有开始：{error.message}", error.message)
    kind = type(error.orig).__name__
    return Reason(f"数据库没有接受：{kind}", f"the database refused it: {kind}")
