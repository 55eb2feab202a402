"""Entries of a pack in words: what a field says, which fields differ, what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.designing import pack_editing
from engine.designing.pack_editing import RUNGS, Place
from engine.pack_faults import Fault
from web import i18n, pack_form, pack_words
from web.pack_sections import PARTS, SECTIONS, Field, Section

Text = Mapping[str, str]
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """What is called how: units and processes by key, the entries of the pack itself."""

    content: Mapping[str, Any]
    units: Mapping[str, Text]
    processes: Mapping[str, Text]

    def of(self, section: str, key: str) -> str:
        """What an entry of the pack is called, or its key."""
        known = pack_editing.entries(self.content, Place(section)).get(key, {})
        if section == "offices":
            return pack_words.office(key)
        return name_of(known) or key

    def unit(self, key: str) -> str:
        """What a unit is called, or its key."""
        return i18n.pick(self.units[key]) if key in self.units else key

    def process(self, key: str) -> str:
        """What a process is called, or its key."""
        return i18n.pick(self.processes[key]) if key in self.processes else key


@dataclass(frozen=True)
class Difference:
    """A field that differs, in words; empty for nothing. lang: if it is always in one."""

    label: str
    old: str
    new: str
    lang: str = ""


def name_of(entry: Entry) -> str:
    """What an entry is called in the page's language; empty if it does not say."""
    texts = {one: entry[one] for one in ("zh", "en") if isinstance(entry.get(one), str)}
    return i18n.pick(texts) if texts else ""


def title_of(section: Section, key: str, entry: Entry) -> str:
    """What an entry is called where it stands for itself."""
    if section.name == "offices":
        return pack_words.office(key)
    if section.name == "processes":
        return str(PARTS.get(key, key))
    if section.name == "sources":
        return str(SECTIONS[key].label) if key in SECTIONS else key
    return name_of(entry) or key or str(section.label)


def said(field: Field, entry: Entry, names: Names, *, both: bool = False) -> str:
    """What a field says, as people say it; empty if it says nothing. both: in both languages."""
    values = pack_form.filled(Section("", "", "", "", (field,)), entry)
    text = values[f"f.{field.name}"]
    if not text:
        return ""
    if field.kind == "budget":
        whole = f"{text} {values[f'f.{field.name}.unit']}"
        return pack_words.budget(whole) if pack_form.budget(whole) else whole
    if field.kind in ("ref", "refs"):
        return str(_("、")).join(names.of(field.of, one) for one in text.split("\n"))
    if field.kind == "pairs" and not both:
        rows = (row for row in entry[field.name] if isinstance(row, dict))
        return str(_("、")).join(i18n.pick(row) for row in rows)
    said_as = {
        "choice": lambda: str(dict(field.choices).get(text, text)),
        "unit": lambda: names.unit(text),
        "process": lambda: names.process(text),
        "flag": lambda: str(_("是")),
    }
    return said_as[field.kind]() if field.kind in said_as else text


def differences(section: Section, old: Entry, new: Entry, names: Names) -> list[Difference]:
    """The fields of an entry that differ, in their order."""
    found = [
        Difference(
            str(field.label),
            said(field, old, names, both=True),
            said(field, new, names, both=True),
            {"zh": "zh-CN", "en": "en"}.get(field.name.rpartition(".")[2], ""),
        )
        for field in section.fields
        if field.kind != "key"
    ]
    return [one for one in found if one.old != one.new]


def sentence(fault: Fault) -> str:
    """What is wrong, without where."""
    if fault.rule == "pattern":
        named = fault.field.rpartition(".")[2] or fault.section
        return str(_PATTERNS.get(named, _NO_FIT))
    if fault.rule in _TOLD:
        found = fault.found
        if pack_form.budget(found):
            found = pack_words.budget(found)
        return str(_TOLD[fault.rule]) % {"found": found}
    return str(_NO_FIT)


def technical(fault: Fault) -> str:
    """What is only there in English: conditions of rates, what nobody foresaw."""
    return fault.text if fault.rule == "rate" or fault.rule not in {*_TOLD, "pattern"} else ""


def place_of(fault: Fault) -> tuple[Place, str]:
    """Where the entry of a fault stands: rungs are a place of their own."""
    limit, _point, rung = fault.entry.partition(".")
    if fault.section == "limits" and rung:
        return Place(RUNGS, limit), rung
    return Place(fault.section), fault.entry


def where(fault: Fault, names: Names) -> str:
    """Section, entry and field of a fault in words."""
    section = SECTIONS.get(fault.section)
    if section is None:
        return fault.section or "pack.json"
    at, key = place_of(fault)
    parts = [str(section.label)]
    if at.section == RUNGS:
        parts.append(names.of("limits", at.of))
        section = SECTIONS[RUNGS]
    if key:
        known = pack_editing.entries(names.content, at).get(key, {})
        parts.append(title_of(section, key, known))
    if fault.field and (field := _field_of(section, fault.field)):
        parts.append(str(field.label))
    return " › ".join(parts)


def control_of(section: Section, fault: Fault) -> str:
    """The control at which a fault is told; empty for one of the whole entry."""
    field = _field_of(section, fault.field or "value")
    if field is None and section.name == "rates":
        return "f."  # what is written as JSON
    return f"f.{field.name}" if field else ""


def _field_of(section: Section, name: str) -> Field | None:
    """The field a fault names, which may lie within one of ours or around some of them."""
    while name:
        for field in section.fields:
            if field.name == name or field.name.startswith(f"{name}."):
                return field
        name = name.rpartition(".")[0]
    return None


_NO_FIT = lazy_gettext("写法不对。")
_EMPTY = lazy_gettext("没有填。")
_RANGE = lazy_gettext("“%(found)s”不在可以填的范围里。")
_PATTERNS = {
    "budget": lazy_gettext("写一个整数，再选单位：工作日、天、小时，或者办公时间的小时。"),
    **dict.fromkeys(
        ("contact", "handling", "before", "after"),
        lazy_gettext("写一个整数，再选单位：工作日、天、小时，或者办公时间的小时。"),
    ),
    **dict.fromkeys(
        ("close", "cutoff", "from", "to", "segments"), lazy_gettext("时刻写成 09:00 这样。")
    ),
    "url": lazy_gettext("网址以 http:// 或 https:// 开头。"),
    "prefix": lazy_gettext("2 到 8 个大写字母或数字，字母开头。"),
    **dict.fromkeys(("offices", "processes"), lazy_gettext("只能用小写英文字母、数字和下划线。")),
}
_TOLD: Mapping[str, str] = {
    "required": _EMPTY,
    "minLength": _EMPTY,
    "type": lazy_gettext("不是这里该填的东西。"),
    "enum": lazy_gettext("“%(found)s”不在可选的里面。"),
    "minItems": lazy_gettext("至少要有一条。"),
    "maxItems": lazy_gettext("太多了。"),
    "additionalProperties": lazy_gettext("里面有这里不认识的内容。"),
    "propertyNames": lazy_gettext("标识只用小写英文字母、数字和下划线，字母开头。"),
    "oneOf": lazy_gettext("“到期前”和“起算后”填一个，只填一个。"),
    "anyOf": lazy_gettext("填了就要一起写上依据；不抽样就全部留空。"),
    "minimum": _RANGE,
    "maximum": _RANGE,
    "exclusiveMinimum": _RANGE,
    "minProperties": _EMPTY,
    "uniqueItems": lazy_gettext("有一项写了两次。"),
    "json": lazy_gettext("不是 JSON 对象，读不出来。下载下来改好，再整份放回。"),
    "missing": lazy_gettext("缺这一项。"),
    "twice": lazy_gettext("标识“%(found)s”出现了两次。"),
    "nowhere": lazy_gettext("没有“%(found)s”这一项。"),
    "compartment": lazy_gettext("要封存，就要有“封闭单位”这个办公室。"),
    "long": lazy_gettext("“%(found)s”太长：最多 2,500 个工作日、3,660 天或 8,760 小时。"),
    "hours": lazy_gettext("上班时段按先后写，不重叠，最后一段不晚于下班时刻。"),
    "rate": lazy_gettext("数法不对。"),
    "key": lazy_gettext("文件里写的是“%(found)s”，和要改的这个包不是一个。"),
    "undeployed": lazy_gettext("流程“%(found)s”没有部署。"),
    "used": lazy_gettext("流程图还在用这个时限（%(found)s），包里没有。"),
    "no-unit": lazy_gettext("组织里没有在用的单位“%(found)s”。"),
    "never": lazy_gettext("%(found)s不短于时限本身，这级提醒永远不会发。"),
    "ends-before": lazy_gettext("结束不晚于开始，这一段里打不了电话。"),
    "no-role": lazy_gettext("系统里没有这个角色，谁也担任不了。"),
}
