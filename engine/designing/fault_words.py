"""What the linter found, in Chinese: its own sentences are English.

A sentence with names in it has its Chinese here. Any other is told by its rule, whose Chinese
says what happens and the way out.
"""

import re
from functools import cache

from engine.bpmn.linter import RULES
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.foreign.decision_tools import DECISION_TOOLS
from engine.bpmn.linting.foreign.finding import NAMESPACES

_TOOLS = sorted({one.name for one in (*NAMESPACES.values(), *DECISION_TOOLS)}, reverse=True)
# Of a sentence that the linter says: its beginning, with what is named in it, and the Chinese.
# (?P<near>…) is what `engine.bpmn.names.nearest` adds.
_NEAR = r"(?P<near>(?:; did you mean .*\?|; known are .*)?)"
_SENTENCES: tuple[tuple[str, str], ...] = (
    (rf"there is no form (?P<a>\S+?){_NEAR}", "没有表单 {a}{near}。"),
    (rf"there is no role (?P<a>\S+?){_NEAR}", "没有角色 {a}{near}。"),
    (rf"there is no decision (?P<a>.+?){_NEAR}", "没有决策 {a}{near}。"),
    (rf"there is no operation (?P<a>.+?){_NEAR}", "没有操作 {a}{near}。"),
    (rf"the pack has no limit (?P<a>.+?){_NEAR}", "制度包里没有时限 {a}{near}。"),
    (rf"the property unit cannot be (?P<a>.+?){_NEAR}", "属性 unit 不能写 {a}{near}。"),
    (
        rf"(?P<what>.+) reads case\.(?P<a>\S+), which no case has{_NEAR}",
        "{what}要读 case.{a}，诉求没有这个事实{near}。",
    ),
    (r"(?P<a>.+) is no form's name;", "{a} 不能作表单名，用字母、数字和下划线。"),
    (r"(?P<a>.+) is neither a limit.s name nor a budget", "{a} 不是时限名，也不是 5 WD。"),
    (
        r"the property (?P<a>.+) is not read; did you mean (?P<b>.+)\?",
        "属性 {a} 没有人读，是不是 {b}？",
    ),
    (r"the property (?P<a>.+) is not read;", "引擎不读属性 {a}。"),
    (
        r"the property (?P<a>\S+) means nothing on a (?P<b>\S+); write it on a (?P<c>.+)",
        "属性 {a} 写在 {b} 上不起作用，写到 {c} 上。",
    ),
    (r"the property (?P<a>.+) is written twice", "属性 {a} 写了两遍，删掉一个。"),
    (r"the property (?P<a>name_en) is missing", "缺英文名，写在属性 name_en 里。"),
    (r"the property (?P<a>\S+_en) is missing: write (?P<b>\S+)", "缺属性 {a}：{b} 的英文。"),
    (r"the property roles is missing", "没写谁来办：属性 roles。"),
    (r"a user task needs the property form", "没写表单：属性 form。"),
    (r"(?P<a>\d+) flows leave this element", "从这里直接出去 {a} 条连线，后面画一个网关。"),
    (r"(?P<a>\d+) elements on one level, at most (?P<b>\d+)", "这一层有 {a} 个图元，最多 {b} 个。"),
    (
        r"exactly one start event is needed on this level, found (?P<a>\d+)",
        "每一层正好一个开始事件，这里有 {a} 个。",
    ),
    (r"its default flow (?P<a>.+) does not leave", "默认连线 {a} 不是从这个网关出去的。"),
    (
        r"this join waits for all of its (?P<a>\d+) flows",
        "这个汇合要等齐 {a} 条连线，可是有的诉求走不全，会停在这里。",
    ),
    (r"this (?P<a>element|flow) is not drawn", "这里有一个没有画出来的{a}。"),
    (r"the shape stands for (?P<a>.+), which is not there", "图形对应的 {a} 不在了，删掉图形。"),
    (r"this is drawn on top of (?P<a>.+); draw", "和 {a} 叠在一起了，拉开。"),
    (r"this (?P<a>\S+) has no id", "这个 {a} 没有 id。"),
    (r"the id (?P<a>.+) is reserved", "id {a} 由引擎自用，换一个。"),
    (
        r"the id (?P<a>.+) is used twice \(also in line (?P<b>\d+)\)",
        "id {a} 用了两次（另一处在第 {b} 行）。",
    ),
    (r"the item (?P<a>.+) has the id of an element", "变量 {a} 和一个图元同名，换一个名字。"),
    (
        r"the process id must be (?P<a>\S+), the name of its folder; found (?P<b>.+)",
        "流程的 id 要是 {a}，现在是 {b}。",
    ),
    (r"it calls (?P<a>.+), which is no process", "调用的 {a} 不在这个文件里，改用子流程。"),
    (r"its (?P<a>error|escalation) needs a code", "{a}没有代码，会接走不该它管的。"),
    (
        r"(?P<a>error|escalation) (?P<b>.+) is caught on (?P<c>\d+)",
        "{a} {b} 有 {c} 个子流程在接，各用各的代码。",
    ),
    (r"nothing catches (?P<a>error|escalation) (?P<b>.+); draw", "{a} {b} 没有人接。"),
    (r"(?P<a>.+) is read here but not set on every", "变量 {a} 不是每条路都给过值。"),
    (r"(?P<a>.+) is read here but not set anywhere", "变量 {a} 在图里没有一处给值。"),
    (r"(?P<a>.+) is set nowhere in this diagram", "变量 {a} 在图里没有一处给值。"),
    (r"(?P<a>.+) is set here and on a way beside it", "变量 {a} 在并行的另一条路上也被赋值。"),
    (r"clock is citizen or unit, not (?P<a>.+)", "时钟写 citizen 或 unit，不是 {a}。"),
    (
        r"a loop comes back here and opens the citizen's limit (?P<a>.+) anew",
        "绕回来时市民时限 {a} 会重新起算。",
    ),
    (r"renewed names (?P<a>.+), which is no limit", "renewed 里的 {a} 不是本图的市民时限。"),
    (
        r"the limit (?P<a>.+) runs on the clock (?P<b>\S+) here, but on another at (?P<c>\S+);",
        "时限 {a} 这里走 {b} 的钟，在 {c} 走另一个钟。",
    ),
    (r"in a sealed process the unit (?P<a>.+) could be", "封存流程里 unit 写 office，不是 {a}。"),
    (
        r"in a sealed process the role (?P<a>.+) may be held .*: (?P<b>.+)",
        "封存流程里不能用角色 {a}，用 {b}。",
    ),
    (r"a sealed process cannot ask for (?P<a>\S+):", "封存流程里不能用操作 {a}。"),
    (r"sealed is yes or no, not (?P<a>.+)", "sealed 写 yes 或 no，不是 {a}。"),
    (r"(?P<a>\S+) is for sealed processes", "操作 {a} 只给封存流程用。"),
    (r"no row fits (?P<a>.+); add a default row", "没有一行适合 {a}，缺兜底行。"),
    (r"rows compare with variables, so", "各行和变量比较，看不出总有一行适合：缺兜底行。"),
    (r"too many combinations to see", "组合太多，看不出总有一行适合：缺兜底行。"),
    (r"rows (?P<a>[\d and]+) both fit (?P<b>.+), but", "第 {a} 行都适合 {b}，UNIQUE 表只许一行。"),
    (r"row (?P<a>\d+), cell `(?P<b>.*?)`:", "第 {a} 行的单元格「{b}」读不懂。"),
    (r"(?P<what>.+) gives nothing for (?P<a>\S+);", '{what}没有写 {a}；没有就写 ""。'),
    (
        r"(?P<what>.+): the fact (?P<a>\S+) \((?P<b>.+?)\) expects (?P<c>.+)",
        "{what}：事实 {b}（{a}）不能是这样的值。",
    ),
    (r"hit policy (?P<a>.+) cannot be used", "命中策略 {a} 不能用，选 UNIQUE、FIRST 或 COLLECT。"),
    (r"(?P<a>\d+) rows, at most (?P<b>\d+)", "有 {a} 行，最多 {b} 行，拆成两张表。"),
    (r"output name (?P<a>.+): write a plain name", "输出名 {a} 要用字母、数字和下划线。"),
    (
        r"row (?P<a>\d+) has (?P<b>\d+) tests and (?P<c>\d+) results, expected (?P<d>\d+) and "
        r"(?P<e>\d+)",
        "第 {a} 行有 {b} 个条件、{c} 个结果，应当是 {d} 个和 {e} 个。",
    ),
    (r"the table could take (?P<a>\d+) ms, at most (?P<b>\d+)", "整张表最坏 {a} 毫秒，最多 {b}。"),
    (r"row (?P<a>\d+) .*", "第 {a} 行算起来太慢。"),
    (r"the decision (?P<a>.+) is there twice", "决策 {a} 有两个，改名或者删掉一个。"),
    (r"expressionLanguage (?P<a>.+) is not spoken", "表达式语言 {a} 在这里不懂。"),
    (r"(?P<what>[^`]+): `.*write values of the same kind", "{what}两边的值不是一类。"),
    (r"(?P<what>.+) `(?P<a>.*)` is (?P<b>FEEL|JUEL); here it is written (?P<c>.+)",
     "{what}「{a}」是 {b} 写法，这里写 {c}。"),
    (r"(?P<what>.+) `(?P<a>.*)` is (?P<b>FEEL|JUEL);", "{what}「{a}」是 {b} 写法，按意思重写。"),
    (r"(?P<what>.+) is empty; write an expression", "{what}是空的。"),
    (r"(?P<what>the [^`]+|row [^`]+) `(?P<a>.*?)`:", "{what}「{a}」读不懂，或者不许这样写。"),
    (r"a multi-instance needs its (?P<a>list|item): (?P<b>\S+)", "多实例没写{a}：{b}。"),
    (r"a multi-instance without (?P<a>\S+)", "多实例没写结果：{a}。"),
    (r"(?P<a>.+) is no name for a variable", "{a} 不能作变量名。"),
    (r"the form (?P<a>\S+) must give (?P<b>\S+)", "表单 {a} 要给出 {b}（x-routing）。"),
    (r"(?P<a>\S+): (?P<b>\S+) is given twice", "{a}：参数 {b} 写了两遍。"),
    (r"(?P<a>\S+): (?P<b>\S+) needs a type", "{a}：参数 {b} 要写类型，比如 any。"),
    (r"(?P<a>\S+) needs the parameter (?P<b>\S+)", "{a} 缺参数 {b}。"),
    (r"(?P<a>\S+) has no parameter (?P<b>.+); it takes (?P<c>.+)", "{a} 没有参数 {b}，有 {c}。"),
    (r"(?P<a>\S+: \S+) expects a text; write (?P<b>.+)", "{a} 要文字，写成 {b}。"),
    (r"(?P<a>\S+: \S+) expects ", "{a} 的值不是它要的那一类。"),
    (r"this event cannot have (?P<a>\S+); it can have (?P<b>.+)", "不能带 {a}，可以是 {b}。"),
    (r"a (?P<a>\S+) cannot stand inside a (?P<b>\S+);", "{a} 不能画在 {b} 里。"),
    (r"a (?P<a>\S+) cannot be repeated", "{a} 不能重复执行。"),
    (r"(?P<a>\S+) is ignored; use the property roles", "{a} 不起作用，写属性 roles。"),
    (r"(?P<a>\S+) cannot be used in a diagram", "图里不能用 {a}。"),
    (r"a task without a kind", "没说是哪一种任务：改成用户、人工、服务、脚本或业务规则任务。"),
    (r"the file is larger than (?P<a>\d+) MB", "文件大于 {a} MB，不能部署。"),
    (r"the file is empty", "文件是空的。"),
    (r"document types and entities", "文件里有文档类型或实体，不收；把它们删掉。"),
    (r"not well-formed XML: ", "不是格式完整的 XML。"),
    (r"elements are nested too deeply", "图元一层套一层，太深了。"),
    (r"(?P<a>.+) is not understood; write 5 WD", "{a} 读不懂，写 5 WD、3 d、2 h、P5D 或 PT2H。"),
    (r"(?P<a>.+) is not a limit's name, a budget", "{a} 不是时限名，也不是 5 WD 或 P5D。"),
    (r"(?P<a>.+) is no time at all", "{a} 等于没有时间，至少 1 h、1 d 或 1 WD。"),
    (r"the timer is empty", "定时器是空的，写时限名或 5 WD。"),
    (
        r"(?P<a>\w+:\S+?)(?P<b>=\".*?\"| \(.*?\))?(?: \(on (?P<c>\d+) elements\))? is in "
        rf"(?P<d>{'|'.join(_TOOLS)}) ",
        "{a}{b} 是 {d} 的写法，在这里不起作用。",
    ),
    (r"(?P<a>\S+) belongs to another engine", "{a} 是别的引擎的设置，在这里不起作用。"),
    (r"(?P<a>\S+) is ignored; remove it", "{a} 不起作用，删掉。"),
    (
        r"the names of process and file have at most (?P<a>\d+)",
        "流程名加文件名最多 {a} 个字符。",
    ),
    (r"the rule (?P<a>\S+) could not be asked", "规则 {a} 没能查这个文件，用编辑器另存一次。"),
    (r"too many elements in a row", "一串图元太多，收进子流程。"),
    (r"sub-processes are nested more than (?P<a>\d+)", "子流程套了超过 {a} 层。"),
)  # fmt: skip
_WORDS = {
    "element": "图元",
    "flow": "连线",
    "error": "错误",
    "escalation": "升级",
    "list": "名单",
    "item": "名单中的一项",
    "nothing": "（空）",
    "none": "（没有）",
    "(none)": "（空）",
    "userTask": "用户任务",
    "manualTask": "人工任务",
    "serviceTask": "服务任务",
    "scriptTask": "脚本任务",
    "businessRuleTask": "业务规则任务",
    "sendTask": "发送任务",
    "receiveTask": "接收任务",
    "callActivity": "调用活动",
    "subProcess": "子流程",
    "process": "流程",
    "sequenceFlow": "连线",
    "startEvent": "开始事件",
    "endEvent": "结束事件",
    "boundaryEvent": "边界事件",
    "intermediateCatchEvent": "中间捕获事件",
    "intermediateThrowEvent": "中间抛出事件",
    "timer": "定时",
    "message": "消息",
    "terminate": "终止",
}
_PLACES = (
    (re.compile(r"the condition"), "条件"),
    (re.compile(r"the script"), "脚本"),
    (re.compile(r"the timer"), "定时器"),
    (re.compile(r"the completion condition"), "结束条件"),
    (re.compile(r"the parameter (?P<a>.+)"), "参数 {a}"),
    (re.compile(r"the input ?(?P<a>.*)"), "输入{a}"),
    (re.compile(r"the default(?:, (?P<a>.+))?"), "默认值"),
    (re.compile(r"row (?P<a>\d+)(?:, .+)?"), "第 {a} 行"),
)


def zh(fault: Fault) -> str:
    """What was found, as one sentence in Chinese."""
    for pattern, template in _patterns():
        found = pattern.match(fault.message)
        if found is not None:
            return template.format(**{k: _part(k, v) for k, v in found.groupdict("").items()})
    return problem(fault.rule) or fault.message


def problem(rule: str) -> str:
    """The first sentence of a rule's Chinese, empty if there is no such rule."""
    known = RULES.get(rule)
    return f"{known.zh.partition('。')[0]}。" if known is not None else ""


def why(rule: str) -> dict[str, str]:
    """Why a rule is there and the way out, in both languages; empty if there is no such rule."""
    known = RULES.get(rule)
    return {"zh": known.zh, "en": known.en} if known is not None else {"zh": "", "en": ""}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern + ("$" if "near" in pattern else "")), told)
                 for pattern, told in _SENTENCES)  # fmt: skip


def _part(name: str, text: str) -> str:
    if name == "near":
        return _near(text)
    if name == "what":
        return _place(text)
    for between in (", ", " or ", " and "):
        if between in text:
            return "、".join(_WORDS.get(one, one) for one in text.split(between))
    return _WORDS.get(text, text).replace("any other value", "其余的值")


def _near(text: str) -> str:
    meant = re.fullmatch(r"; did you mean (.*)\?", text)
    known = re.fullmatch(r"; known are (.*)", text)
    if meant:
        return f"，是不是 {meant[1]}"
    return f"，有的是 {known[1]}" if known else ""


def _place(text: str) -> str:
    for pattern, told in _PLACES:
        found = pattern.fullmatch(text)
        if found is not None:
            return told.format(**found.groupdict(""))
    return text
