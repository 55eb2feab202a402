"""The sections of a pack as tables: what each is called, which fields its entries have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from engine.designing.pack_editing import RUNGS

KEY = "key"


@dataclass(frozen=True)
class Field:
    """A field of an entry. name: with a point where it lies in another.

    kind: text, area, budget, choice, ref, refs, unit, process, number, flag, words, pairs, spans,
    json or key. of: the section that a ref chooses from. column: it stands in the table.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    hint: str = ""
    of: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    column: bool = False


@dataclass(frozen=True)
class Section:
    """A section. entry: what one entry of it is called."""

    name: str
    label: str
    entry: str
    hint: str
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields of the table, besides key and name."""
        return tuple(field for field in self.fields if field.column)

    @property
    def named(self) -> bool:
        """Whether entries have a name in both languages."""
        return any(field.name == "zh" for field in self.fields)

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((field for field in self.fields if field.name == name), None)


_MARKS = (
    ("T", _("看过规定原文")),
    ("P", _("新闻或机构通稿")),
    ("K", _("本系统的缺省值")),
)
_CLOCKS = (("citizen", _("市民的")), ("unit", _("单位的")))
_START_RULES = (
    ("next_day", _("收到的第二天起算")),
    ("same_day_before_cutoff", _("截止时刻前收到，当天起算")),
)
_NAMES = (Field("zh", _("中文名称")), Field("en", _("英文名称")))
_FACT = _("事实的英文名，流程图里用的那个")


def _source(required: bool = True, column: bool = True) -> tuple[Field, ...]:
    return (
        Field("source.zh", _("依据（中文）"), "area", required),
        Field("source.en", _("依据（英文）"), "area", required),
        Field("mark", _("依据的来路"), "choice", required, choices=_MARKS, column=column),
    )


def _listed(*fields: Field, source: bool = False, key: str = KEY) -> tuple[Field, ...]:
    return (Field(key, _("标识"), "key"), *_NAMES, *fields, *_source(source, source))


def _both(name: str, zh: str, en: str) -> tuple[Field, ...]:
    return Field(f"{name}.zh", zh, required=False), Field(f"{name}.en", en, required=False)


_OFFICE = Field("office", _("办公室"), "ref", required=False, of="offices", column=True)
_OF_CLASS = ("contact", _("联系时限")), ("handling", _("办理时限"))

_ALL: tuple[Section, ...] = (
    Section(
        "limits",
        _("时限"),
        _("时限"),
        _("一步最多多久，谁的钟在走，到点前提醒几次。"),
        _listed(
            Field("budget", _("多长"), "budget", column=True),
            Field("clock", _("谁的钟"), "choice", choices=_CLOCKS, column=True),
            Field("settled_by", _("做到哪件事就算按时"), required=False, hint=_FACT),
            Field("decided_by", _("决策表可以另给期限"), required=False, hint=_FACT),
            Field("overdue", _("超期后成立的事实"), required=False, hint=_FACT),
            source=True,
        ),
    ),
    Section(
        RUNGS,
        _("提醒台阶"),
        _("台阶"),
        _("到期前多久，或者起算后多久提醒；两样只填一样。"),
        _listed(
            Field("before", _("到期前"), "budget", required=False, column=True),
            Field("after", _("起算后"), "budget", required=False, column=True),
            source=True,
            key="name",
        ),
    ),
    Section(
        "classes",
        _("诉求类级"),
        _("类级"),
        _("一类诉求联系和办理各要多久。"),
        _listed(
            *(Field(name, label, "budget", column=True) for name, label in _OF_CLASS), source=True
        ),
    ),
    Section(
        "rehandling",
        _("再次办理"),
        _("再次办理"),
        _("没有解决、退回重办时的期限。"),
        (*(Field(name, label, "budget", column=True) for name, label in _OF_CLASS), *_source()),
    ),
    Section(
        "extension",
        _("延期"),
        _("延期"),
        _("最多延几个工作日，最多延几次。"),
        (
            Field("most", _("最多几个工作日"), "number", column=True),
            Field("times", _("最多几次"), "number", column=True),
            *_source(),
        ),
    ),
    Section(
        "office_hours",
        _("办公时间"),
        _("办公时间"),
        _("时限按它算；单位自己的办公时间只管通知和提醒。"),
        (
            Field(
                "segments", _("上班时段"), "spans", hint=_("一行一段，像 09:00-12:00"), column=True
            ),
            Field("close", _("下班时刻"), hint=_("最后一天到这一刻为止，像 18:00"), column=True),
            Field("start_rule", _("起算日"), "choice", choices=_START_RULES, column=True),
            Field("cutoff", _("截止时刻"), required=False, hint=_("像 16:00")),
            *_source(),
        ),
    ),
    Section("channels", _("渠道"), _("渠道"), _("从哪里来。"), _listed(_OFFICE)),
    Section(
        "categories",
        _("类别"),
        _("类别"),
        _("说的是什么事；决策表按标识认。"),
        _listed(
            Field("parent", _("上级类别"), "ref", False, of="categories", column=True),
            Field("unit", _("建议承办单位"), "unit", False, column=True),
            *_both("examples", _("举例（中文）"), _("举例（英文）")),
            Field(
                "words", _("关键词"), "words", False, _("用顿号或逗号隔开，来文里有就提议这一类")
            ),
        ),
    ),
    Section(
        "refusal_reasons",
        _("不受理理由"),
        _("理由"),
        _("不受理时告诉市民的理由，和该去的法定渠道。"),
        _listed(
            Field("channel", _("法定渠道"), "ref", of="legal_channels", column=True), source=True
        ),
    ),
    Section(
        "legal_channels",
        _("法定渠道"),
        _("渠道"),
        _("不受理的、不能办的，市民可以去哪里。"),
        _listed(
            Field("phone", _("电话"), required=False, column=True),
            Field("url", _("网址"), required=False),
            *_both("address", _("地址（中文）"), _("地址（英文）")),
            *_both("how", _("怎么办（中文）"), _("怎么办（英文）")),
        ),
    ),
    Section(
        "routes",
        _("初筛去向"),
        _("去向"),
        _("初筛可以把一件引到哪个流程、哪个办公室。"),
        _listed(
            Field("process", _("流程"), "process", column=True),
            _OFFICE,
            Field("sealed", _("封存，只有封闭单位看得见"), "flag", False, column=True),
        ),
    ),
    Section(
        "stages",
        _("阶段"),
        _("阶段"),
        _("一件走过的几段；流程图里的子流程按标识认。"),
        _listed(
            Field("covers", _("包括"), "pairs", False, _("一行一项，中文 | 英文"), column=True)
        ),
    ),
    Section("outcomes", _("办理结果"), _("结果"), _("办完是什么结果。"), _listed()),
    Section(
        "return_reasons", _("退单理由"), _("理由"), _("单位退单时选的理由。"), _listed(source=True)
    ),
    Section(
        "review_faults",
        _("审核退回理由"),
        _("理由"),
        _("答复审核不通过时选的理由。"),
        _listed(source=True),
    ),
    Section(
        "review_checks",
        _("审核清单"),
        _("检查项"),
        _("审核员逐条勾选；写了结果的，只对那几种结果。"),
        _listed(
            Field("outcomes", _("只对这些结果"), "refs", False, of="outcomes", column=True),
            source=True,
        ),
    ),
    Section(
        "work_units",
        _("工作量单位"),
        _("单位"),
        _("办理时填的工作量按什么数。"),
        _listed(),
    ),
    Section(
        "ladder",
        _("督办阶梯"),
        _("台阶"),
        _("督办一级一级往上，每级由哪个角色办。"),
        _listed(Field("role", _("角色"), "ref", of="roles", column=True), source=True),
    ),
    Section(
        "callback_bands",
        _("回访时段"),
        _("时段"),
        _("一天里什么时候给市民打电话。"),
        _listed(
            Field("from", _("从"), hint=_("像 09:00"), column=True),
            Field("to", _("到"), hint=_("像 12:00"), column=True),
        ),
    ),
    Section(
        "callback_sampling",
        _("回访抽样"),
        _("回访抽样"),
        _("一天打得了多少；多了就抽签。不填就都打。"),
        (Field("calls", _("每天打几通"), "number", False, column=True), *_source(False)),
    ),
    Section("topics", _("主题"), _("主题"), _("反馈率按什么数。"), _listed()),
    Section(
        "rates",
        _("指标"),
        _("指标"),
        _("每个数怎么数：分母、分子、剔除、依据。"),
        (
            Field(KEY, _("标识"), "key"),
            *_NAMES,
            *_source(),
            Field("", _("怎么数"), "json", hint=_("其余的按 JSON 写：population、numerator 等")),
        ),
    ),
    Section(
        "offices",
        _("办公室"),
        _("办公室"),
        _("办公室由哪个单位担任。"),
        (
            Field(KEY, _("标识"), "key"),
            Field("value", _("单位"), "unit", column=True),
        ),
    ),
    Section(
        "roles",
        _("角色"),
        _("角色"),
        _("角色在哪个办公室办事；没写的随承办单位。"),
        _listed(_OFFICE),
    ),
    Section(
        "processes",
        _("流程"),
        _("流程"),
        _("哪个流程担任哪一部分。"),
        (
            Field(KEY, _("标识"), "key"),
            Field("value", _("流程"), "process", column=True),
        ),
    ),
    Section("name", _("名称"), _("名称"), _("这套制度叫什么。"), _NAMES),
    Section(
        "prefix",
        _("编号开头"),
        _("编号开头"),
        _("诉求编号的头几个大写字母。"),
        (Field("value", _("编号开头"), hint=_("2 到 8 个大写字母或数字，字母开头"), column=True),),
    ),
    Section(
        "not_stated",
        _("出处没有写明的"),
        _("没有写明的"),
        _("依据里没有说、从底版继承来的；改了就不再算。"),
        (Field(KEY, _("标识"), "key"), *_NAMES),
    ),
    Section(
        "sources",
        _("各节的依据"),
        _("依据"),
        _("条目自己不写依据的几节，依据写在这里。"),
        (Field(KEY, _("哪一节"), "key"), *_source()),
    ),
)
SECTIONS: Mapping[str, Section] = {section.name: section for section in _ALL}
GROUPS: Sequence[tuple[str, tuple[str, ...]]] = (
    (_("时限和时间"), ("limits", "classes", "rehandling", "extension", "office_hours")),
    (_("来件"), ("channels", "categories", "refusal_reasons", "legal_channels", "routes")),
    (
        _("办理和审核"),
        ("stages", "outcomes", "return_reasons", "review_faults", "review_checks", "work_units"),
    ),
    (
        _("督办、回访、指标"),
        ("ladder", "callback_bands", "callback_sampling", "topics", "rates"),
    ),
    (_("组织和流程"), ("offices", "roles", "processes")),
    (_("关于这个包"), ("name", "prefix", "not_stated", "sources")),
)
# Those whose entries say on what they rest; the others say it in `sources`.
SOURCED = frozenset(
    section.name
    for section in _ALL
    if any(field.name == "mark" and field.required for field in section.fields)
)
PARTS: Mapping[str, str] = {
    "appeal": _("办理诉求"),
    "supervision": _("督办"),
    "extension": _("延期申请"),
    "opinion": _("征求意见"),
}
