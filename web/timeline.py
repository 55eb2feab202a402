"""What happened to a case, in words: one sentence for every kind of history event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from engine.papers.kinds import NAMES, Kind
from engine.queries.case_file import File, OpenTask
from engine.queries.case_history import Event
from web import i18n
from web.case_words import RESULTS
from web.event_titles import TITLES

LONGEST = 160  # characters of a text in a line of the timeline


@dataclass(frozen=True)
class Item:
    """One line, for the macro `timeline`: state is "", now, next or late; text may be markup."""

    title: str
    at: datetime | None = None
    when: str = ""
    text: str = ""
    state: str = ""


@dataclass(frozen=True)
class Logged:
    """One event of the full record: its number, what and who, and the begin of its hash."""

    seq: int
    title: str
    at: datetime
    text: str
    hash: str


def items(events: Sequence[Event], file: File, waiting: Sequence[OpenTask] = ()) -> list[Item]:
    """What waits, then what happened, newest first. Steps the machine took alone are left out."""
    told = [
        Item(
            title=_("该做：%(task)s", task=i18n.pick(task.name)),
            when=_("%(at)s 到期", at=i18n.short_moment(task.due_at)) if task.due_at else "",
            text=_joined(i18n.pick(file.unit(task.unit_key)), i18n.pick(task.assignee)),
            state="now",
        )
        for task in waiting
    ]
    for event in reversed(_for_reader(events, file)):
        if event.kind in QUIET:
            continue
        title, text = words(event, file)
        state = "late" if event.kind in LATE else ""
        told.append(Item(title, event.at, text=_joined(i18n.pick(event.by), text), state=state))
    return told


def log(events: Sequence[Event], file: File) -> list[Logged]:
    """Every event, oldest first."""
    told = []
    for event in _for_reader(events, file):
        title, text = words(event, file)
        way = "" if event.kind == "run" else _way(event)
        text = _joined(i18n.pick(event.by), text, way)
        told.append(Logged(event.seq, title, event.at, text, event.hash[:12]))
    return told


def _for_reader(events: Sequence[Event], file: File) -> Sequence[Event]:
    """Without what was said with the citizen, for a unit that was only asked for its opinion."""
    if not file.only_asked:
        return events
    return [one for one in events if one.part == "opinion" or one.kind in FOR_ASKED]


def words(event: Event, file: File) -> tuple[str, str]:
    """What an event is called, and what is to be said about it."""
    title = i18n.pick(event.name) if event.kind == "task.completed" else ""
    if not title:
        title = str(TITLES[event.kind]()) if event.kind in TITLES else event.kind
    if event.payload is None:
        return title, str(_("内容已按期限删除"))
    tell = TEXTS.get(event.kind)
    return title, tell(event.payload, event, file) if tell else ""


def said(schema: Mapping[str, Any], answers: Mapping[str, Any], file: File) -> str:
    """The answers of a form in one line, its fields in order."""
    fields = schema["properties"]
    must = set(schema.get("required", ()))
    return _joined(
        *(
            _value(fields[name], answers[name], file, asked=name in must)
            for name in fields
            if name in answers
        )
    )


def cause(file: File, key: str) -> str:
    """Why a ladder was started."""
    if key.endswith("_overdue"):
        limit = limit_name(file, key.removesuffix("_overdue"))
        return str(_("超过时限：%(limit)s", limit=limit))
    if key.startswith("asked_"):
        return str(_("督办员发起：%(what)s", what=rung(file, key.removeprefix("asked_"))))
    if key.startswith("leader_"):
        return str(_("领导指示：%(what)s", what=rung(file, key.removeprefix("leader_"))))
    if key.startswith("rule_"):
        return str(_("这家单位出得太多，督办规则触发"))
    told = {
        "unsolved": _("市民再次说没有解决"),
        "promise_broken": _("承诺到期没有兑现"),
        "ranked_last": _("指标排在最后"),
    }
    return str(told.get(key, key))


def rung(file: File, key: str) -> str:
    """What a rung of the pack's ladder is called."""
    return i18n.pick(file.item("ladder", key)) if key else ""


def limit_name(file: File, key: str) -> str:
    """What a limit is called; a budget written in the diagram stands for itself."""
    limit = file.pack.limits.get(key)
    return i18n.pick({"zh": limit.zh, "en": limit.en}) if limit else key


def _value(field: Mapping[str, Any], value: Any, file: File, *, asked: bool) -> str:
    labels: Mapping[str, Any] = field.get("x-labels", {})
    if isinstance(value, float):
        value = f"{value:.15g}"
    label = i18n.pick(labels.get(str(value).lower() if isinstance(value, bool) else str(value)))
    if label:
        return label
    title = i18n.pick(field["x-title"])
    if isinstance(value, bool):
        if not (value or asked):
            return ""  # a box that was left alone
        title, value = title.rstrip("？?"), _("是") if value else _("否")
    if field.get("x-widget") == "files":
        return str(_("附件 %(n)s 份", n=len(value)))
    if field["type"] == "string" and "x-options" not in field and "format" not in field:
        return i18n.written(_short(value))
    if "x-options" in field:
        value = _("、").join(_named(field["x-options"], key, file) for key in _list(value))
    elif "format" in field:
        value = _day(str(value))
    return str(_("%(title)s：%(value)s", title=title, value=value))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _named(source: str, key: str, file: File) -> str:
    if source == "units":
        return i18n.pick(file.unit(key))
    return i18n.pick(file.item(source.removeprefix("pack."), key))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _day(text: str) -> str:
    try:
        if "T" in text:
            return i18n.short_moment(datetime.fromisoformat(text))
        return i18n.month_day(date.fromisoformat(text))
    except ValueError:
        return text


def _joined(*parts: str) -> str:
    return Markup(" · ").join(part for part in parts if part)


# What is to be said about each kind --------------------------------------------------------------

Payload = Mapping[str, Any]


def _completed(payload: Payload, event: Event, file: File) -> str:
    return said(event.form, payload.get("answers", {}), file) if event.form else ""


def _run(_payload: Payload, event: Event, _file: File) -> str:
    return _way(event)


def _way(event: Event) -> str:
    """The elements that the run passed which the event set going."""
    return " → ".join(i18n.pick(name) for name in event.path)


def _slip(payload: Payload, _event: Event, file: File) -> str:
    return _joined(_("、").join(payload.get("slips", [])), i18n.pick(file.unit(payload["unit"])))


def _asked(payload: Payload, _event: Event, file: File) -> str:
    return _joined(
        cause(file, payload["cause"]),
        i18n.pick(file.unit(payload["target"])),
        rung(file, payload.get("rung", "")),
    )


def _cured(payload: Payload, _event: Event, file: File) -> str:
    return str(_("、").join(cause(file, one) for one in payload.get("causes", [])))


def _ladder_over(payload: Payload, _event: Event, _file: File) -> str:
    return str(_("已整改，销号") if payload.get("cured") else _("移送问责"))


def _extended(payload: Payload, _event: Event, file: File) -> str:
    name = limit_name(file, payload["limit"])
    return _joined(name, _("＋%(n)s 个工作日", n=payload["days"]), _until(payload))


def _clock(payload: Payload, _event: Event, file: File) -> str:
    limit = file.pack.limits.get(payload["limit"])
    rungs = limit.rungs if limit else ()
    named = next((one for one in rungs if one.name == payload["rung"]), None)
    told = i18n.pick({"zh": named.zh, "en": named.en}) if named else ""
    return _joined(limit_name(file, payload["limit"]), told, _until(payload))


def _closed(payload: Payload, _event: Event, file: File) -> str:
    outcome = payload.get("outcome", "")
    return i18n.pick(file.item("outcomes", outcome)) if outcome else ""


def _message(payload: Payload, _event: Event, _file: File) -> str:
    known = {
        "matter_answered": _("主件已答复"),
        "matter_undone": _("主件没有办成"),
        "supervision_closed": _("督办已了结"),
        "case_answered": _("诉求已答复"),
        "opinion_withdrawn": _("征求意见已撤回"),
        "callback_spared": _("没有抽中回访"),
        "cured": _("督办事由已消除"),
        "promise_broken": _("承诺没有兑现"),
    }
    return str(known.get(payload["message"], payload["message"]))


def _until(payload: Payload) -> str:
    due = str(payload.get("due") or "")
    return str(_("%(at)s 到期", at=_day(due))) if due else ""


def _paper(payload: Payload, _event: Event, _file: File) -> str:
    return _joined(i18n.pick(NAMES[Kind(payload["paper"])]), str(payload["number"]))


def _unmerged(payload: Payload, _event: Event, _file: File) -> str:
    """Why a case left its matter: a reason somebody wrote, or what the process found."""
    why = str(payload.get("reason", ""))
    found = {"unsolved": _("市民说没有解决，单独再办"), "spot_check": _("抽查不实，单独再办")}
    return str(found[why]) if why in found else i18n.written(why)


def _remarked(payload: Payload, event: Event, _file: File) -> str:
    """What an operator did, at which step, and why."""
    at = i18n.pick(event.name) if event.name else event.element
    to = _("移到 %(to)s", to=payload["to"]) if "to" in payload else ""
    return _joined(at, to, i18n.written(str(payload.get("remark", ""))))


def _corrected(payload: Payload, _event: Event, _file: File) -> str:
    told = _("%(name)s：%(before)s 改成 %(after)s", **{k: payload[k] for k in _CORRECTED})
    return _joined(str(told), i18n.written(str(payload["remark"])))


_CORRECTED = ("name", "before", "after")


def _assigned(payload: Payload, event: Event, _file: File) -> str:
    step = i18n.pick(event.name) if event.name else event.element
    if payload.get("undone"):
        return _joined(step, str(_("撤销，还是原来的人办")))
    return _joined(step, str(_("转给%(who)s", who=i18n.pick(payload["name"]))))


def _urged(payload: Payload, event: Event, _file: File) -> str:
    step = i18n.pick(event.name) if event.name else event.element
    return _joined(step, i18n.written(str(payload.get("note", ""))))


TEXTS: Mapping[str, Callable[[Payload, Event, File], str]] = {
    "task.assigned": _assigned,
    "task.urged": _urged,
    "paper.issued": _paper,
    "case.received": lambda payload, _event, file: i18n.pick(
        file.item("channels", payload["channel"])
    ),
    "task.completed": _completed,
    "run": _run,
    "case.routed": lambda payload, _event, file: i18n.pick(file.item("routes", payload["route"])),
    "slip.issued": _slip,
    "supervision.asked": _asked,
    "supervision.cured": _cured,
    "supervision.closed": _ladder_over,
    "supervision.unit_asked": _asked,
    "supervision.unit_joined": lambda payload, _event, _file: ngettext(
        "%(num)d 件", "%(num)d 件", payload["cases"]
    ),
    "supervision.unit_closed": _ladder_over,
    "case.merged": lambda payload, _event, _file: str(payload["main"]),
    "case.split": lambda payload, _event, _file: _("、").join(payload["parts"]),
    "case.unmerged": _unmerged,
    "contact.added": lambda payload, _event, file: i18n.pick(
        file.item("channels", payload["channel"])
    ),
    "precedent.kept": lambda payload, _event, file: _joined(
        i18n.pick(file.item("categories", payload["category"])),
        i18n.pick(file.unit(payload["unit"])),
    ),
    "precedent.withdrawn": lambda payload, _event, _file: i18n.written(str(payload["reason"])),
    "evaluation.given": lambda payload, _event, _file: str(
        RESULTS.get(payload["result"], payload["result"])
    ),
    "deadline.extended": _extended,
    "deadline.suspended": lambda payload, _event, file: _joined(
        limit_name(file, payload["limit"]), i18n.written(str(payload["reason"]))
    ),
    "deadline.resumed": lambda payload, _event, file: _joined(
        limit_name(file, payload["limit"]), _until(payload)
    ),
    "deadline.warned": _clock,
    "deadline.overdue": _clock,
    "case.closed": _closed,
    "opinion.asked": lambda payload, _event, file: i18n.pick(file.unit(payload["unit"])),
    "opinion.withdrawn": lambda payload, _event, file: i18n.pick(file.unit(payload["unit"])),
    "message.delivered": _message,
    "identity.viewed": lambda payload, _event, _file: i18n.written(str(payload["purpose"])),
    "incident.retried": _remarked,
    "incident.skipped": _remarked,
    "variable.corrected": _corrected,
    "token.moved": _remarked,
    "message.retried": _remarked,
}
# Events that a unit which was only asked for its opinion may read.
FOR_ASKED = frozenset(
    {"case.received", "slip.issued", "deadline.overdue", "deadline.extended", "case.closed"}
)
QUIET = frozenset({"run", "message.delivered", "identity.viewed", "message.retried"})
LATE = frozenset(
    {
        "deadline.overdue",
        "supervision.asked",
        "deadline.extended",
        "deadline.suspended",
        "promise.broken",
    }
)


def stage_times(events: Sequence[Event]) -> dict[str, datetime]:
    """When each element of the case's own process last finished, for the row of stages."""
    return dict(_finished(events))


def _finished(events: Sequence[Event]) -> Iterator[tuple[str, datetime]]:
    for event in events:
        if event.part == "appeal" and event.payload:
            for element in event.payload.get("path", []):
                yield element, event.at
