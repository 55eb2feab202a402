"""How common tokens are among the newest cases: what a text is told from others by.

A sample, kept for a while in each process. It only says which tokens are asked for; whatever it
says, what is found is right.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from engine import bigrams, clock
from engine.db import table
from engine.models import Case

SAMPLE = 400
KEPT = timedelta(minutes=10)
_case = table(Case)
_NEWEST = (
    select(_case.c.title, _case.c.body)
    .where(_case.c.confidential.is_(False), _case.c.sealed.is_(False))
    .order_by(_case.c.id.desc())
    .limit(SAMPLE)
)
_known: WeakKeyDictionary[Engine, tuple[datetime, Counter[str], bool]] = WeakKeyDictionary()


def rarest(session: Session, tokens: Collection[str], most: int, *, own: int = 0) -> list[str]:
    """Of these tokens those that the fewest texts have, the rarest first; longer ones before.

    own: 1 if the text they are of is itself among the cases. Where all cases are known, what no
    other has is left out.
    """
    common, whole = _sampled(session)
    asked = [one for one in {*tokens} if not whole or common[one] > own]
    return sorted(asked, key=lambda one: (common[one], -len(one), one))[:most]


def _sampled(session: Session) -> tuple[Counter[str], bool]:
    """In how many texts each token is, and whether these are all there are."""
    database, now = session.get_bind().engine, clock.now()
    known = _known.get(database)
    if known is None or not timedelta() <= now - known[0] < KEPT:
        counted: Counter[str] = Counter()
        texts = session.execute(_NEWEST).all()
        for title, body in texts:
            counted.update(bigrams.pairs(f"{title}\n{body}"))
        _known[database] = known = (now, counted, len(texts) < SAMPLE)
    return known[1:]
