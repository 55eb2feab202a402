"""What each role does, in a sentence and with the door to it: for the start of a person's day."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import lazy_gettext as _

from engine.models import Role
from web.shell import POSTS


@dataclass(frozen=True)
class Duty:
    """A role's work: what it is, what to do when nothing waits, and where it begins."""

    post: str
    does: str
    when_idle: str
    label: str
    url: str


# In the order in which a case meets them: what it is; when nothing waits; the door.
_DUTIES = {
    Role.INTAKE: (
        _("接电话、接来访、拆信件：边听边记，当场补全，交给初审。"),
        _("没有等着补全的登记。有人来电、来访，就从「登记来件」开始。"),
        _("登记来件"),
        "intake.index",
    ),
    Role.SCREENER: (
        _("看该不该受理，是不是重复；要几家办的，先写明谁协办。"),
        _("没有等着初审的。新登记的会自己出现在这里。"),
        _("看要初审的"),
        "inbox.index",
    ),
    Role.DISPATCHER: (
        _("按派单目录和先例派给该办的单位，退回来的重派。"),
        _("没有等着派的。"),
        _("看要派的"),
        "inbox.index",
    ),
    Role.RULER: (
        _("几家都说不归自己的，由您定归谁；定了可以留作先例，下次照着派。"),
        _("没有要裁定的。可以看看先例还合不合用。"),
        _("看先例"),
        "precedents.index",
    ),
    Role.HANDLER: (
        _("签收、联系市民、办理、写答复；不归本单位的，在退单期内写明依据退回。"),
        _("本单位的都办完了。有了新处理签会出现在这里，并有到期时间。"),
        _("看本单位的待办"),
        "inbox.index",
    ),
    Role.REVIEWER: (
        _("答复出去以前对照市民的原话逐条看，少一条就退回。"),
        _("没有等着审核的答复。"),
        _("看要审核的"),
        "inbox.index",
    ),
    Role.PUBLISHER: (
        _("把定为公开的答复一批发出去：勾选，填一次，逐件有结果。"),
        _("没有等着公开的答复。"),
        _("去发布"),
        "publishing.index",
    ),
    Role.CALLER: (
        _("按时段给市民打电话，问三句：联系了吗，解决了吗，满意吗。"),
        _("现在没有要打的电话。换一个时段再看。"),
        _("开始回访"),
        "callbacks.index",
    ),
    Role.SUPERVISOR: (
        _("盯住超期的、没联系的、退两次的，该督办的督办。"),
        _("没有等您办的督办。看看监督台上有没有快到期的。"),
        _("看监督台"),
        "supervision.index",
    ),
    Role.LEADER: (
        _("看哪个单位压得多、超得多，必要时约谈。"),
        _("没有等您定的。监督台上是全市的情况。"),
        _("看监督台"),
        "supervision.index",
    ),
    Role.APPROVER: (
        _("批延期：到期以前提的、理由站得住的才批，市民会同时知道。"),
        _("没有等着批的延期。"),
        _("看要批的"),
        "inbox.index",
    ),
    Role.INSPECTOR: (
        _("办反映干部作风的件；只有本室看得到。"),
        _("没有交到本室的件。"),
        _("看本室的待办"),
        "inbox.index",
    ),
    Role.CUSTODIAN: (
        _("保密件的身份由您看管，谁要看，先经您同意。"),
        _("没有等您同意的。"),
        _("看待办"),
        "inbox.index",
    ),
    Role.DESIGNER: (
        _("改流程、表单和决策表；新件用新版，在办的用老版。"),
        _("流程图在「流程」里。"),
        _("看流程"),
        "definitions.index",
    ),
    Role.ADMINISTRATOR: (
        _("看系统停在哪里：故障、时限、消息，修好再放行。"),
        _("人员、单位和日历在命令行里改；停住的步骤在「运行」里。"),
        _("看运行"),
        "operations.index",
    ),
}


def of(roles: Collection[str]) -> list[Duty]:
    """The duties of a person's roles, in the order a case meets them; pages that are there only."""
    return [
        Duty(str(POSTS[role]), str(does), str(idle), str(label), url_for(endpoint))
        for role, (does, idle, label, endpoint) in _DUTIES.items()
        if role in roles and endpoint in current_app.view_functions
    ]
