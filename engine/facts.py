"""Facts of a case: what a diagram may read as `case.<name>` and a form may write.

A fact is a flat value on the case's row. Names are part of every deployed diagram, so a fact
is only ever added.
"""

from dataclasses import dataclass
from typing import Any

FactValue = str | int | float | bool | list[str] | None


@dataclass(frozen=True)
class Fact:
    """One fact: its default (which also says its type) and what people call it."""

    default: Any
    zh: str
    en: str

    @property
    def type(self) -> type:
        """`str`, `int`, `bool` or `list`."""
        return type(self.default)


FACTS: dict[str, Fact] = {
    "category": Fact("", "类别", "Category"),
    "kind": Fact("", "诉求性质", "Kind"),
    "hazard": Fact("", "危险程度", "Hazard"),
    "place_kind": Fact("", "地点类型", "Kind of place"),
    "class_key": Fact("", "类级", "Class"),
    "disposition": Fact("", "初审结论", "Disposition"),
    "unit": Fact("", "承办单位", "Responsible unit"),
    "proposed_unit": Fact("", "建议承办单位", "Proposed unit"),
    "ground": Fact("", "派单依据", "Ground of the proposal"),
    "ruled": Fact(False, "已裁定", "Ruled"),
    "ruled_unit": Fact("", "裁定单位", "Unit ruled on"),
    "returned": Fact(False, "已退单", "Returned"),
    "bounces": Fact(0, "退单次数", "Returns so far"),
    "candidate_units": Fact([], "可领办单位", "Units that may take it up"),
    "co_units": Fact([], "协办单位", "Co-handling units"),
    "contact_limit": Fact("", "联系时限", "Contact limit"),
    "handling_limit": Fact("", "办理时限", "Handling limit"),
    "contacted": Fact(False, "已联系市民", "Citizen contacted"),
    "handled_before": Fact(False, "曾经办理", "Handled before"),
    "handling_overdue": Fact(False, "办理已超期", "Handling is overdue"),
    "outcome": Fact("", "办理结果", "Outcome"),
    "by_batch": Fact(False, "批量公开", "Published in a batch"),
    "by_press": Fact(False, "发布会回应", "Answered at a briefing"),
    "by_public_reply": Fact(False, "跟帖回复", "Public reply"),
    "may_call_back": Fact(True, "可回访", "May be called back"),
    "callback_attempts": Fact(0, "回访次数", "Callback attempts"),
    "unsolved_times": Fact(0, "未解决次数", "Times unsolved"),
    "handle_again": Fact(False, "再次办理", "Handle again"),
    "open_supervisions": Fact(0, "未销号督办", "Open supervisions"),
    "supervisions_before": Fact(0, "历次督办", "Supervisions so far"),
    "drawn_for_check": Fact(False, "抽中核实", "Drawn for a spot check"),
    "checked": Fact(False, "已核实", "Checked"),
    "rework_ordered": Fact(False, "责令再办", "Rework ordered"),
    "anonymous": Fact(False, "匿名", "Anonymous"),
    "confidential": Fact(False, "保密", "Confidential"),
    "route": Fact("", "办理渠道", "Route"),
    "accused_unit": Fact("", "被反映单位", "Unit complained of"),
    "topic": Fact("", "主题", "Topic"),
    "precedent_unit": Fact("", "先例承办单位", "Unit of the precedent"),
    "unit_certain": Fact(False, "承办单位确定", "Unit is certain"),
    "first_unit": Fact("", "首接单位", "First receiver"),
    "return_reason": Fact("", "退单理由", "Reason of the return"),
    "return_proposal": Fact("", "退单建议单位", "Unit proposed on return"),
    "co_done": Fact([], "已办完的协办单位", "Co-handlers that have done their part"),
    "callback_days": Fact(0, "回访天数", "Days of callback attempts"),
    "repeats": Fact(0, "重复来件", "Repeated contacts"),
    "advised_unit": Fact("", "初审建议单位", "Unit advised at screening"),
    "archived": Fact(False, "已归档", "Archived"),
}


def defaults() -> dict[str, Any]:
    """A fresh case's facts."""
    return {
        name: list(fact.default) if fact.type is list else fact.default
        for name, fact in FACTS.items()
    }
