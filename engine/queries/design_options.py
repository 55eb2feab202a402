"""What a designer chooses from in the properties of an element: every list in both languages.

Names of packs are those of the packs in use, joined: a diagram belongs to none of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.bpmn.service_tasks import OPERATIONS
from engine.db import table
from engine.models import Definition, DefinitionKind, Role
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import design_drafts

Option = dict[str, Any]
_definition = table(Definition)
# Value, Chinese, English; the linter and the runtime know the values.
_UNITS = (
    ("office", "诉求所属的办公室", "The case's office"),
    ("responsible", "承办单位", "The responsible unit"),
    ("co_unit", "协办单位（名单上的这一个）", "The co-handling unit of this turn"),
    ("candidates", "可以领办的单位", "The units that may take it up"),
    ("asked", "被征求意见的单位", "The unit that is asked"),
)
_CLOCKS = (("citizen", "市民的时钟", "The citizen's clock"), ("unit", "单位的时钟", "The unit's"))
_MESSAGES = (
    ("matter_answered", "合并的问题已答复", "The joined matter is answered"),
    ("matter_undone", "合并已撤销", "The merge is undone"),
    ("supervision_closed", "督办已销号", "The supervision is closed"),
    ("callback_spared", "没有抽中回访", "Not drawn for a callback"),
    ("cured", "督办的事由已消除", "The cause is cured"),
    ("case_answered", "诉求已答复", "The case is answered"),
    ("promise_broken", "承诺没有兑现", "The promise is broken"),
    ("opinion_withdrawn", "征求意见已撤回", "The request for an opinion is withdrawn"),
)
_OUTCOMES = (
    ("closed", "办结", "Closed"),
    ("refused", "不予受理", "Refused"),
    ("returned", "退回", "Returned"),
    ("withdrawn", "撤回", "Withdrawn"),
    ("extended", "准予延期", "Extended"),
    ("given", "已回复意见", "Opinion given"),
    ("handed_over", "已移交", "Handed over"),
    ("referred", "已移送", "Referred"),
    ("routed", "已分流", "Routed"),
)
_SERVICES = {
    "supervision/start": ("启动督办", "Start a supervision"),
    "supervision/close": ("销号督办", "Close the supervision"),
    "supervision/start_late": ("逐个督办逾期的协办单位", "Supervise each late co-handler"),
    "slip/issue": ("派发工单", "Issue the slip"),
    "matter/join": ("并入同一问题", "Join the matter"),
    "ledger/extend": ("延长时限", "Extend a limit"),
    "notice/send": ("发通知", "Send a notice"),
    "case/archive": ("归档", "Archive the case"),
    "case/archive_sealed": ("封存归档", "Archive it sealed"),
    "case/seal": ("转为保密", "Seal the case"),
    "case/route": ("按初筛结论分流", "Route it as the screening says"),
}
_PARAMETERS = {
    "cause": ("事由", "Cause"),
    "target": ("对谁", "Target"),
    "limit": ("哪个时限", "Limit"),
    "days": ("几个工作日", "Working days"),
    "kind": ("哪一种", "Kind"),
}
_INSPECTOR = {"zh": "纪检监察员", "en": "Inspector"}


def options(session: Session, actor: Actor, draft_id: UUID) -> dict[str, list[Option]]:
    """Every list for a draft's diagram, its own forms and decisions among them. `NotFound`."""
    opened = design_drafts.opened(session, actor, draft_id)
    packs = deployed.newest_packs(session)
    paths = opened.contents
    return {
        "stages": _joined(packs, "stages"),
        "forms": [_form(path, content) for path, content in paths.items() if _is_form(path)],
        "roles": _roles(packs),
        "units": _options(_UNITS),
        "limits": _limits(packs),
        "clocks": _options(_CLOCKS),
        "outcomes": _outcomes(packs),
        "decisions": [
            _named(path.removesuffix(".dmn"), None) for path in paths if path.endswith(".dmn")
        ],
        "processes": _processes(session),
        "messages": _options(_MESSAGES),
        "services": [_service(name) for name in OPERATIONS],
        "reasons": _joined(packs, "return_reasons"),
    }


def _options(rows: Iterable[tuple[str, str, str]]) -> list[Option]:
    return [{"value": value, "zh": zh, "en": en} for value, zh, en in rows]


def _named(value: str, texts: Mapping[str, Any] | None) -> Option:
    told = texts or {}
    zh = str(told.get("zh") or value)
    return {"value": value, "zh": zh, "en": str(told.get("en") or zh)}


def _joined(packs: Iterable[Pack], section: str) -> list[Option]:
    """A section of all packs, each key once, as the first that has it names it."""
    found: dict[str, Option] = {}
    for pack in packs:
        for key, texts in pack.names(section).items():
            found.setdefault(key, _named(key, texts))
    return list(found.values())


def _roles(packs: Iterable[Pack]) -> list[Option]:
    named = {one["value"]: one for one in _joined(packs, "roles")}
    named.setdefault(Role.INSPECTOR.value, _named(Role.INSPECTOR.value, _INSPECTOR))
    return [named.get(role.value) or _named(role.value, None) for role in Role]


def _limits(packs: Iterable[Pack]) -> list[Option]:
    """Limits with the budget of a pack of one's own before that of the base."""
    found: dict[str, Option] = {}
    for pack in sorted(packs, key=lambda one: one.extends is None):
        for name, limit in pack.limits.items():
            texts = {"zh": limit.zh, "en": limit.en}
            found.setdefault(name, {**_named(name, texts), "budget": limit.budget})
    return list(found.values())


def _outcomes(packs: Iterable[Pack]) -> list[Option]:
    found = {one["value"]: one for one in (*_joined(packs, "outcomes"), *_options(_OUTCOMES))}
    return list(found.values())


def _service(name: str) -> Option:
    zh, en = _SERVICES.get(name, (name, name))
    parameters = [
        {"value": one, "zh": _PARAMETERS.get(one, (one, one))[0],
         "en": _PARAMETERS.get(one, (one, one))[1]}
        for one in OPERATIONS[name].parameters
    ]  # fmt: skip
    return {"value": name, "zh": zh, "en": en, "parameters": parameters}


def _processes(session: Session) -> list[Option]:
    newest = (
        select(_definition.c.key, func.max(_definition.c.version).label("version"))
        .where(_definition.c.kind == DefinitionKind.PROCESS)
        .group_by(_definition.c.key)
        .subquery()
    )
    rows = session.execute(
        select(_definition.c.key, _definition.c.name_zh, _definition.c.name_en)
        .join(
            newest,
            (newest.c.key == _definition.c.key) & (newest.c.version == _definition.c.version),
        )
        .where(_definition.c.kind == DefinitionKind.PROCESS)
        .order_by(_definition.c.key)
    )
    return [_named(row.key, {"zh": row.name_zh, "en": row.name_en}) for row in rows]


def _is_form(path: str) -> bool:
    return path.startswith("forms/")


def _form(path: str, content: bytes) -> Option:
    name = path.removeprefix("forms/").removesuffix(".json")
    try:
        schema = orjson.loads(content)
    except orjson.JSONDecodeError:
        schema = None  # a draft may hold what is not yet right
    title = schema.get("x-title") if isinstance(schema, dict) else None
    return _named(name, title if isinstance(title, dict) else None)
