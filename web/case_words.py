"""What the states of a case are called."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from engine.models import CaseStatus

STATUS: Mapping[str, str] = {
    CaseStatus.OPEN: _("办理中"),
    CaseStatus.REFUSED: _("不予受理"),
    CaseStatus.MERGED: _("已并入主件"),
    CaseStatus.CLOSED: _("已办结"),
}
# What a citizen says when asked whether it is solved.
RESULTS: Mapping[str, str] = {
    "solved": _("解决了"),
    "partly": _("部分解决"),
    "unsolved": _("没有解决"),
}
