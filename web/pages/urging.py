"""Urging the cases chosen in a list: how, with which words, and what came of each."""

from collections import Counter
from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.commands import bulk, bulk_cases, reminding, supervisions
from engine.permissions import may
from engine.queries import chosen_cases
from engine.queries.chosen_cases import Chosen, Outcome
from web import bulk_words, ladders, navigation
from web.permitted import permitted
from web.request import current_person, installation, reading, request_token

blueprint = Blueprint("urging", __name__)
_LONGEST_NUMBER = 48
_RESULTS = {
    bulk_cases.URGE: {
        bulk.OWN: lazy_gettext("等您自己办，不用催"),
        bulk.REFUSED: lazy_gettext("不归您催"),
        bulk.GONE: lazy_gettext("现在没有等人办的一步"),
    },
    bulk_cases.LADDER: {
        bulk.DONE: lazy_gettext("开了督办"),
        bulk_cases.OPEN: lazy_gettext("同一种督办已经开着"),
        bulk.REFUSED: lazy_gettext("不归您督办"),
        bulk.GONE: lazy_gettext("已经办结或不在这里了"),
    },
}


@blueprint.get("/cases/urge")
@permitted("case.read")
def consider() -> ResponseReturnValue:
    """What is to be done with the chosen cases."""
    cases, missing = _chosen(request.args.getlist("number"))
    if not cases:
        flash(_("没有选中诉求。"), "soon")
        return redirect(_back(), code=303)
    return _page(cases, missing)


@blueprint.post("/cases/urge")
@permitted("case.read")
def urge() -> ResponseReturnValue:
    """Urge them, or start a ladder for each."""
    how, said = request.form.get("how", bulk_cases.URGE), request.form.get("said", "")
    cases, missing = _chosen(request.form.getlist("number"))
    if not cases:
        flash(_("没有选中诉求。"), "soon")
        return redirect(_back(), code=303)
    if fault := _fault(how, said):
        return _page(cases, missing, how, said, fault)
    parts, actor, key = installation(), current_person(), _key()
    keys = [one.id for one in cases]
    if how == bulk_cases.URGE:
        bulk_cases.urge(parts.sessions, key, keys, said, by=actor)
    else:
        bulk_cases.supervise(parts.sessions, key, keys, how, said, by=actor)
    return redirect(url_for("urging.result", act_id=key, back=_back()), code=303)


@blueprint.get("/cases/urged/<uuid:act_id>")
@permitted("case.read")
def result(act_id: UUID) -> str:
    """What came of each."""
    actor = current_person()
    with reading() as session:
        done = bulk.of_key(session, act_id, by=actor, acts=bulk_cases.ACTS)
        outcomes = chosen_cases.outcomes(session, actor, done.items)
    return render_template(
        "urging/result.html",
        rows=[(one, _outcome(done.act, one)) for one in outcomes],
        summary=_summary(done.act, outcomes),
        may_supervise=may(actor, "supervision.read"),
        back=_back(),
    )


def _page(
    cases: Sequence[Chosen], missing: int, how: str = "", said: str = "", fault: str = ""
) -> ResponseReturnValue:
    offers = [
        (bulk_cases.URGE, _("催办"), _("正在办的人收到通知，记进办理记录；4 小时里只催一次。"))
    ]
    if may(current_person(), "supervision.start"):
        offers += [
            (rung, str(ladders.STARTS[rung][1]), _("每件开一个督办，对象是承办单位。"))
            for rung in ("phone", "order")
        ]
    page = render_template(
        "urging/consider.html",
        cases=cases,
        missing=missing,
        offers=offers,
        how=how or bulk_cases.URGE,
        said=said,
        longest=reminding.LONGEST_NOTE,
        fault_links=[("said", fault)] if fault else [],
        back=_back(),
    )
    return make_response(page, 422 if fault else 200)


def _fault(how: str, said: str) -> str:
    """What cannot be sent so, in words."""
    offered = {bulk_cases.URGE, "phone", "order"}
    if how not in offered or (
        how != bulk_cases.URGE and not may(current_person(), "supervision.start")
    ):
        return str(_("选一种做法。"))
    longest = reminding.LONGEST_NOTE if how == bulk_cases.URGE else supervisions.LONGEST_REASON
    if len(said) > longest:
        return str(_("最多 %(n)d 个字，现在 %(m)d 个。", n=longest, m=len(said)))
    if how != bulk_cases.URGE and not said.strip():
        return str(_("写一句为什么督办。"))
    return ""


def _outcome(act: str, one: Outcome) -> str:
    """What came of one case."""
    result = one.item["result"]
    if act == bulk_cases.URGE and result == bulk.DONE:
        return str(ngettext("催了 %(num)d 步", "催了 %(num)d 步", one.item["tasks"]))
    if result == bulk.URGED:
        return bulk_words.urged_lately(one.item)
    return str(_RESULTS[act][result])


def _summary(act: str, outcomes: Sequence[Outcome]) -> str:
    told = Counter(one.item["result"] for one in outcomes)
    done, rest = told[bulk.DONE], len(outcomes) - told[bulk.DONE]
    said = []
    if done and act == bulk_cases.LADDER:
        said.append(ngettext("%(num)d 件开了督办", "%(num)d 件开了督办", done))
    elif done:
        said.append(ngettext("已催办 %(num)d 件", "已催办 %(num)d 件", done))
    if rest:
        said.append(ngettext("%(num)d 件没有做，原因在下面", "%(num)d 件没有做，原因在下面", rest))
    return str(_("；").join(said))


def _chosen(numbers: Sequence[str]) -> tuple[list[Chosen], int]:
    """The chosen cases the person may open, and how many of them are not there."""
    asked = list(dict.fromkeys(one[:_LONGEST_NUMBER] for one in numbers[: bulk.MOST]))
    if not asked:
        return [], 0
    with reading() as session:
        found = chosen_cases.chosen(session, current_person(), asked)
    return found, len(asked) - len(found)


def _back() -> str:
    return navigation.local_path(request.values.get("back")) or url_for("cases.index")


def _key() -> UUID:
    """The key of this act: the same form sent twice is one act."""
    token = request.form.get("request_token") or request_token()
    return uuid5(NAMESPACE_URL, f"huiyin:cases:{current_person().id.hex}:{token[:100]}")
