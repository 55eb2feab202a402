"""What notices say (通知用语), in both languages: on the page, in a letter, in a short message.

Each sentence is made of names out of packs, diagrams and the organisation; a placeholder that has
nothing to say leaves its shorter sentence.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from engine.notice_kinds import NoticeKind

Texts = Mapping[str, str]
LANGUAGES = ("zh", "en")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

NAMES: Mapping[NoticeKind, Texts] = MappingProxyType(
    {
        NoticeKind.ASSIGNED: {"zh": "派给我", "en": "Assigned to me"},
        NoticeKind.ARRIVED: {"zh": "单位收到新工单", "en": "New slip for my unit"},
        NoticeKind.UNCLAIMED: {"zh": "单位里没人认领", "en": "Unclaimed in my unit"},
        NoticeKind.SOON_DUE: {"zh": "快到期", "en": "Soon due"},
        NoticeKind.OVERDUE: {"zh": "超期", "en": "Overdue"},
        NoticeKind.URGED: {"zh": "催办、督办", "en": "Urged"},
        NoticeKind.INTERVIEW: {"zh": "约谈", "en": "Interview"},
        NoticeKind.RETURNED: {"zh": "退回来", "en": "Returned"},
        NoticeKind.REOPENED: {"zh": "市民说没有解决", "en": "Not solved, says the citizen"},
        NoticeKind.REFUSED: {"zh": "延期没有批准", "en": "Extension refused"},
        NoticeKind.MENTION: {"zh": "有人提到我", "en": "I am mentioned"},
        NoticeKind.WATCHED: {"zh": "关注的诉求有进展", "en": "A watched case moves"},
        NoticeKind.OPINION_ASKED: {"zh": "征求意见", "en": "Opinion asked"},
        NoticeKind.OPINION_ANSWERED: {"zh": "意见答复了", "en": "Opinion given"},
        NoticeKind.INSTRUCTED: {"zh": "领导批示交办", "en": "Instruction of a leader"},
        NoticeKind.INSTRUCTION_REPORTED: {"zh": "批示办理结果", "en": "Instruction reported on"},
        NoticeKind.DESIGN_PROPOSED: {"zh": "流程设计请我复核", "en": "A design to review"},
        NoticeKind.DESIGN_REFUSED: {"zh": "我的设计被退回", "en": "My design is sent back"},
        NoticeKind.DESIGN_DEPLOYED: {"zh": "我的设计上线了", "en": "My design is in use"},
    }
)
# From the fullest to the barest; the first whose placeholders are all known is said.
_SENTENCES: Mapping[NoticeKind, tuple[Texts, ...]] = MappingProxyType(
    {
        NoticeKind.ASSIGNED: (
            {"zh": "{by}派给您：{task}", "en": "{by} assigned this to you: {task}"},
            {"zh": "派给您：{task}", "en": "Assigned to you: {task}"},
            {"zh": "有 {count} 项待办转给您", "en": "{count} tasks were handed to you"},
            {"zh": "有待办派给您", "en": "Work was assigned to you"},
        ),
        NoticeKind.ARRIVED: (
            {"zh": "{unit}收到新工单 {slip}", "en": "New slip {slip} for {unit}"},
            {"zh": "本单位收到新工单", "en": "A new slip for your unit"},
        ),
        NoticeKind.UNCLAIMED: (
            {
                "zh": "{unit}有 {count} 项待办没人认领",
                "en": "{unit}: {count} tasks nobody has claimed",
            },
            {"zh": "有待办没人认领", "en": "There is work nobody has claimed"},
        ),
        NoticeKind.SOON_DUE: (
            {"zh": "「{limit}」快到期：{due}", "en": "“{limit}” is soon due: {due}"},
            {"zh": "「{limit}」快到期", "en": "“{limit}” is soon due"},
            {"zh": "时限快到期", "en": "A limit is soon due"},
        ),
        NoticeKind.OVERDUE: (
            {"zh": "「{limit}」超期了：应在 {due} 前", "en": "“{limit}” is overdue since {due}"},
            {"zh": "「{limit}」超期了", "en": "“{limit}” is overdue"},
            {"zh": "时限超期了", "en": "A limit is overdue"},
        ),
        NoticeKind.URGED: (
            {"zh": "{by}催您办：{task}", "en": "{by} urges you: {task}"},
            {"zh": "{unit}被督办：{rung}", "en": "{unit} is urged: {rung}"},
            {"zh": "{by}催您尽快办", "en": "{by} urges you to act soon"},
            {"zh": "请尽快办", "en": "Please act soon"},
        ),
        NoticeKind.INTERVIEW: (
            {"zh": "{unit}被约谈", "en": "{unit} is called to an interview"},
            {"zh": "约谈", "en": "An interview"},
        ),
        NoticeKind.RETURNED: (
            {
                "zh": "工单 {slip} 被退回，要重新派",
                "en": "Slip {slip} was returned; dispatch it again",
            },
            {"zh": "{task}：被退回，要再办", "en": "{task}: sent back, to be done again"},
            {"zh": "被退回，要再办", "en": "Sent back, to be done again"},
        ),
        NoticeKind.REOPENED: (
            {"zh": "回访时市民说没有解决", "en": "Called back, the citizen says it is not solved"},
        ),
        NoticeKind.REFUSED: ({"zh": "延期没有批准", "en": "The extension was refused"},),
        NoticeKind.MENTION: (
            {"zh": "{by}在内部备注里提到您", "en": "{by} mentions you in an internal note"},
            {"zh": "内部备注里提到您", "en": "You are mentioned in an internal note"},
        ),
        NoticeKind.WATCHED: ({"zh": "关注的诉求有了进展", "en": "A case you watch has moved on"},),
        NoticeKind.OPINION_ASKED: (
            {"zh": "请{unit}提意见，{due} 前答复", "en": "{unit} is asked for an opinion by {due}"},
            {"zh": "请{unit}提意见", "en": "{unit} is asked for an opinion"},
            {"zh": "请您单位提意见", "en": "Your unit is asked for an opinion"},
        ),
        NoticeKind.OPINION_ANSWERED: (
            {"zh": "{unit}答复了您征求的意见", "en": "{unit} has given the opinion you asked for"},
            {"zh": "您征求的意见答复了", "en": "The opinion you asked for is given"},
        ),
        NoticeKind.INSTRUCTED: (
            {
                "zh": "领导批示交{unit}办，{due} 前报结果",
                "en": "A leader's instruction to {unit}; report by {due}",
            },
            {"zh": "有领导批示交您单位办", "en": "A leader's instruction to your unit"},
        ),
        NoticeKind.INSTRUCTION_REPORTED: (
            {"zh": "{unit}报来批示办理结果", "en": "{unit} has reported on an instruction"},
            {"zh": "批示有了办理结果", "en": "An instruction was reported on"},
        ),
        NoticeKind.DESIGN_PROPOSED: (
            {
                "zh": "{by}请人复核、部署「{draft}」",
                "en": "{by} asks a second person for “{draft}”",
            },
            {"zh": "有一份流程设计等人复核", "en": "A design waits for a second person"},
        ),
        NoticeKind.DESIGN_REFUSED: (
            {"zh": "{by}退回了您的「{draft}」", "en": "{by} has sent your “{draft}” back"},
            {"zh": "您的流程设计被退回", "en": "Your design was sent back"},
        ),
        NoticeKind.DESIGN_DEPLOYED: (
            {"zh": "{by}部署了您的「{draft}」", "en": "{by} has put your “{draft}” into use"},
            {"zh": "您的流程设计已上线", "en": "Your design is in use"},
        ),
    }
)
_GREETING = {"zh": "{name}，您好：", "en": "Dear {name},"}
_SUBJECT = {"zh": "回音：{said}", "en": "Huiyin: {said}"}
_SEVERAL = {"zh": "{n} 条通知", "en": "{n} notices"}
_FOOT = {
    "zh": (
        "信里没有诉求内容，也没有市民信息；登录后办理。",
        "系统自动发出，不用回信。",
        "改收哪些、怎样收：{address}",
        "改收哪些、怎样收：登录后打开“通知”。",
    ),
    "en": (
        "This letter holds nothing of what citizens wrote; sign in to act.",
        "It was sent by the system; there is no need to answer.",
        "Choose what you get and how: {address}",
        "Choose what you get and how: sign in and open “Notices”.",
    ),
}
_SHORT = {
    "zh": ("【回音】{said}。请登录办理。", "【回音】{said}，等共 {n} 条通知。请登录办理。"),
    "en": ("Huiyin: {said}. Sign in to act.", "Huiyin: {said}; {n} notices in all. Sign in."),
}


def sentence(kind: str, names: Mapping[str, Texts]) -> Texts:
    """What a notice of this kind says. names: what each placeholder is called."""
    for texts in _SENTENCES[NoticeKind(kind)]:
        told = {language: _filled(texts[language], names, language) for language in LANGUAGES}
        if all(told.values()):
            return told
    raise AssertionError(f"the barest sentence of {kind} needs nothing")


def moment(at: datetime) -> Texts:
    """A local time as it is said in a sentence."""
    clock = f"{at:%H:%M}"
    return {
        "zh": f"{at.month}月{at.day}日 {clock}",
        "en": f"{at.day} {MONTHS[at.month - 1]} {clock}",
    }


def subject(said: list[str], language: str) -> str:
    """The subject of a letter that says these things."""
    told = said[0] if len(said) == 1 else _SEVERAL[language].format(n=len(said))
    return _SUBJECT[language].format(said=told)


def letter(name: str, lines: list[tuple[str, str]], address: str, language: str) -> str:
    """A letter in plain text. lines: what is said and its address, "" where none is known."""
    private, automatic, choose, choose_there = _FOOT[language]
    parts = [_GREETING[language].format(name=name), ""]
    for number, (said, link) in enumerate(lines, start=1):
        parts.append(f"{number}. {said}" if len(lines) > 1 else said)
        if link:
            parts.append(f"   {link}" if len(lines) > 1 else link)
        parts.append("")
    choice = choose.format(address=address) if address else choose_there
    return "\n".join([*parts, "-- ", private, automatic, choice, ""])


def short(said: list[str], language: str) -> str:
    """The same as a short message."""
    one, several = _SHORT[language]
    return (one if len(said) == 1 else several).format(said=said[0], n=len(said))


def _filled(template: str, names: Mapping[str, Texts], language: str) -> str:
    """The sentence, or nothing if a name is missing."""
    try:
        return template.format(**{key: texts[language] for key, texts in names.items()})
    except KeyError:
        return ""
