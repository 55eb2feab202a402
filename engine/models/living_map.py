"""The living map (运行地图): what each case did at which element, and what that adds up to.

Projections of cases, their tasks and histories, made anew by a worker within the minute, so that
a deployed diagram is shown with its numbers however many cases there are.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base


class MapCase(Base):
    """What a case did (经过); its key is the case's.

    seq: how far the case's history had come when this was read. unit_key: the responsible unit,
    else the office. apart: kept from somebody, and so in no `MapCount`. walk: JSON as
    `engine.traces.walks` writes it.
    """

    __tablename__ = "map_case"
    __table_args__ = (Index("ix_map_case_received", "received_at", "id"),)

    id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    seq: Mapped[int]
    received_at: Mapped[datetime]
    office_key: Mapped[str] = mapped_column(String(64))
    unit_key: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(64))
    apart: Mapped[bool]
    walk: Mapped[str] = mapped_column(Text)


class MapCount(Base):
    """What the cases of one month add up to, element by element (图元计数).

    month: in which they were received, as "2026-11". unit_key, category: "" for all; a unit with
    all below it. elements: element -> numbers as `engine.traces.tally` writes them; "" is the
    process itself.
    """

    __tablename__ = "map_count"

    process: Mapped[str] = mapped_column(String(64), primary_key=True)
    office_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    unit_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    elements: Mapped[dict[str, Any]]


class MapState(Base):
    """How fresh the map is: one row; as `FigureState`."""

    __tablename__ = "map_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    refreshed_at: Mapped[datetime | None]
    upto: Mapped[UUID | None]
    swept_on: Mapped[date | None]
    calendar_revision: Mapped[int]
    organisation_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_until: Mapped[datetime | None]
