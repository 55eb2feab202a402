"""Processes: what is deployed, what runs, what waits."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class InstanceStatus(StrEnum):
    """Where a process instance stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TaskStatus(StrEnum):
    """Where a user task stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class DefinitionKind(StrEnum):
    """What a definition is. A drawing (示意图) is kept and never run.

    TESTS are what a decision table is held to (测试表); a process version does not depend on them.
    """

    PROCESS = "bpmn"
    DECISION = "dmn"
    FORM = "form"
    TESTS = "tests"
    DRAWING = "drawing"


class Pack(Base):
    """One version of a pack (配置包): a system's stages, limits, categories, ladder."""

    __tablename__ = "pack"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    deployed_at: Mapped[datetime]
    deployment_id: Mapped[UUID | None]  # nothing for one that came with the system


class Deployment(Base):
    """One act of putting diagrams or a pack into use (部署).

    drawn_by: whose draft it was, a login, empty where there was none: under the two-person rule
    somebody else than deployed_by. back_to: the older version whose content it is.
    """

    __tablename__ = "deployment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    drawn_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    back_to: Mapped[int | None]


class Definition(Base):
    """One version of one diagram, decision or form (流程定义); never edited.

    uses: of a process, {"decisions": {key: definition id}, "forms": {key: definition id}} as
    hex, so that a version stays what it was whatever is deployed later.
    """

    __tablename__ = "definition"
    __table_args__ = (UniqueConstraint("kind", "key", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uses: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Instance(Base):
    """One run of a definition (流程实例).

    state: the codec's bytes, nothing once ended. revision: guards against lost updates. skips:
    elements that an operator lets pass once as if they were done.
    """

    __tablename__ = "instance"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("definition.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    supervision_id: Mapped[UUID | None] = mapped_column(ForeignKey("supervision.id"), index=True)
    part: Mapped[str] = mapped_column(String(32))  # "appeal", "supervision", "extension", "opinion"
    status: Mapped[str] = mapped_column(String(16), default=InstanceStatus.RUNNING)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    skips: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class UserTask(Base):
    """Work waiting for a person (待办).

    token: the runtime's own id of the open task. roles: "," before and after each, so that
    one LIKE finds a role. unit_key: whose it is; without one, candidates: the units that may take
    it up, written like roles, and without either any unit with the role.
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index(
            "ix_user_task_open_due",
            "due_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        # Of an instance only its open tasks are looked for: by its case are all.
        Index(
            "ix_user_task_instance_id",
            "instance_id",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_user_task_claimed",
            "assignee_id",
            sqlite_where=text("assignee_id IS NOT NULL"),
            postgresql_where=text("assignee_id IS NOT NULL"),
        ),
        Index(
            "ix_user_task_closed_by",
            "closed_by",
            "closed_at",
            sqlite_where=text("closed_by IS NOT NULL"),
            postgresql_where=text("closed_by IS NOT NULL"),
            # What one has done is told by the index alone.
            postgresql_include=["case_id", "element", "status"],
        ),
        Index(
            "ix_user_task_open_unit",
            "unit_key",
            "due_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
            # So that all of an inbox is counted by the index alone.
            postgresql_include=[
                "id",
                "case_id",
                "element",
                "stage",
                "roles",
                "candidates",
                "assignee_id",
                "urged_at",
                "opened_at",
            ],
        ),
        # On SQLite there is nothing in it: its tasks of a case are few and beside each other.
        Index(
            "ix_user_task_open_case",
            "case_id",
            sqlite_where=text("status = 'open' AND case_id IS NULL"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("instance.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    token: Mapped[UUID]
    element: Mapped[str] = mapped_column(String(64))
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(String(64), default="")
    form: Mapped[str] = mapped_column(String(64), default="")
    roles: Mapped[str]
    unit_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"))
    candidates: Mapped[str] = mapped_column(String(1000), default="")
    item: Mapped[str] = mapped_column(default="")
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime | None]
    urged_at: Mapped[datetime | None]  # by a colleague, last
    status: Mapped[str] = mapped_column(String(16), default=TaskStatus.OPEN)
    deadline_id: Mapped[UUID | None] = mapped_column(ForeignKey("deadline.id"))
    due_at: Mapped[datetime | None]  # copied from its deadline, for sorting
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Deadline(Base):
    """A limit's ledger (时限台账): a budget, a start, suspensions, extensions.

    due_at is derived from them and re-derived when the calendar changes. token: the timer that
    waits for it, if one is drawn; host: the activity it belongs to. fired: names of the rungs
    that have fired, each once. next_at: when the worker must look next; nothing once settled.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_next",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        # Of an instance only its unsettled ones are looked for: by its case are all.
        Index(
            "ix_deadline_instance_id",
            "instance_id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index(
            "ix_deadline_unsettled",
            "due_at",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("instance.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(String(64))
    element: Mapped[str] = mapped_column(String(64))
    limit: Mapped[str] = mapped_column(String(64))
    clock: Mapped[str] = mapped_column(String(16))
    budget: Mapped[str] = mapped_column(String(32))
    extended: Mapped[str] = mapped_column(String(32), default="")
    rungs: Mapped[list[Any]] = mapped_column(default=list)  # [{"name", "at"}], derived
    fired: Mapped[list[str]] = mapped_column(default=list)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # nothing while suspended
    provisional: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None]
    token: Mapped[UUID | None]
    host: Mapped[UUID | None]
    timer_fired: Mapped[bool] = mapped_column(default=False)
    settled_at: Mapped[datetime | None]
    settled_as: Mapped[str] = mapped_column(String(16), default="")  # met, late, cancelled
    claimed_until: Mapped[datetime | None]
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"))


class Suspension(Base):
    """An interval in which a deadline did not run (中止)."""

    __tablename__ = "suspension"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    deadline_id: Mapped[UUID] = mapped_column(ForeignKey("deadline.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    suspended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Message(Base):
    """From one instance to another (消息), delivered after commit, in order per target.

    name "start" creates the target instance from payload. attempts: deliveries that failed.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_waiting",
            "id",
            sqlite_where=text("delivered_at IS NULL"),
            postgresql_where=text("delivered_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    target_id: Mapped[UUID] = mapped_column(index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sent_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(32), default="")  # delivered, nobody-waits
    claimed_until: Mapped[datetime | None]
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
