"""Cases made for arithmetic: so many received, sent, answered, closed; facts only, no process."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from engine.commands import figures
from engine.db import Sessions, new_key, reading, table, transaction
from engine.models import Answer, Callback, Case, Pack, Slip
from engine.rates import places
from engine.rates.counting import Scope, Viewer, counted
from engine.rates.definition import Definition
from engine.rates.figures import Figure

CHINA = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 10, 12, 9, 0, tzinfo=CHINA)
OCTOBER = Scope(datetime(2026, 10, 1, tzinfo=CHINA), datetime(2026, 11, 1, tzinfo=CHINA))
EVERYBODY = Viewer()
# Of each pack the office, and a unit of it that slips go to.
_WHERE = {
    "gl-jindianzi": ("jdz_office", "utilities_bureau"),
    "qd-sanwo-5": ("qd_hotline", "qd_urban_bureau"),
}


class Constructed:
    """A database being filled; `counted` brings the rows up to date first."""

    def __init__(self, sessions: Sessions, pack: str = "gl-jindianzi") -> None:
        self.sessions = sessions
        self.office, self.unit = _WHERE[pack]
        self.place = pack
        with reading(sessions) as session:
            self.pack_id = session.scalar(
                select(Pack.id).where(Pack.key == pack).order_by(Pack.version.desc()).limit(1)
            )
        self.made = 0

    def cases(
        self,
        number: int,
        status: str = "open",
        *,
        slip: bool = False,
        answered: bool = False,
        mark: int | None = None,
        reached: bool | None = None,
        **columns: Any,
    ) -> "Constructed":
        """Add cases that are all alike. reached: called back, and whether somebody answered."""
        rows: dict[Any, list[dict[str, Any]]] = {Case: [], Slip: [], Answer: [], Callback: []}
        for _ in range(number):
            self.made += 1
            key = new_key()
            rows[Case].append(self._case(key, status, columns))
            if slip:
                rows[Slip].append(self._slip(key))
            if answered:
                rows[Answer].append(self._answer(key))
            if reached is not None or mark is not None:
                rows[Callback].append(self._callback(key, reached is not False, mark))
        with transaction(self.sessions) as session:
            for model, some in rows.items():
                if some:
                    session.execute(insert(table(model)), some)
        return self

    def definition(self, key: str, place: str = "") -> Definition:
        """A rate under the rules of the pack, or of another place."""
        figures.refresh(self.sessions)
        with reading(self.sessions) as session:
            return places.definitions(session, place or self.place)[key]

    def counted(self, key: str, place: str = "", scope: Scope = OCTOBER) -> Figure:
        """A figure of October."""
        one = self.definition(key, place)
        with reading(self.sessions) as session:
            return counted(session, one, scope, EVERYBODY)[0]

    def _case(self, key: Any, status: str, columns: dict[str, Any]) -> dict[str, Any]:
        ended = status in {"closed", "refused"}
        return {
            "id": key,
            "number": f"X-{self.made:06d}",
            "pack_id": self.pack_id,
            "office_key": self.office,
            "unit_key": self.unit,
            "title": "x",
            "body": "x",
            "place": "",
            "category": "urban",
            "channel": "phone",
            "confidential": False,
            "sealed": False,
            "accused_key": None,
            "status": status,
            "stage": "",
            "outcome": "solved" if status == "closed" else "",
            "facts": {},
            "received_at": RECEIVED,
            "closed_at": RECEIVED + timedelta(days=4) if ended else None,
            "watched": False,
            "chain_seq": 0,
            "chain_hash": bytes(32),
            **columns,
        }

    def _slip(self, key: Any) -> dict[str, Any]:
        return {
            "id": new_key(),
            "case_id": key,
            "number": f"X-{self.made:06d}-P1",
            "unit_key": self.unit,
            "host": True,
            "issued_at": RECEIVED,
            "signed_at": RECEIVED + timedelta(hours=1),
        }

    def _answer(self, key: Any) -> dict[str, Any]:
        at = RECEIVED + timedelta(days=2)
        return {
            "id": new_key(),
            "case_id": key,
            "outcome": "solved",
            "text": "x",
            "written_at": at,
            "sent_at": at,
            "forms": ["direct"],
            "details": {},
        }

    def _callback(self, key: Any, reached: bool, mark: int | None) -> dict[str, Any]:
        return {
            "id": new_key(),
            "case_id": key,
            "attempt": 1,
            "reached": reached,
            "result": "solved" if mark and mark > 2 else "unsolved" if mark else "",
            "satisfaction": mark,
            "band": "morning",
            "suggestion": "",
            "called_at": RECEIVED + timedelta(days=5),
        }
