"""A changed limit of a pack in words: what becomes of it, what it would have meant."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.queries.affected_limits import LimitChange
from web import i18n, pack_words

_HOW: Mapping[str, str] = {
    "shorter": lazy_gettext("缩短"),
    "longer": lazy_gettext("放长"),
    "hours": lazy_gettext("办公时间变了"),
    "rungs": lazy_gettext("提醒或条件变了"),
    "added": lazy_gettext("新的"),
    "removed": lazy_gettext("去掉"),
}


def sentence(change: LimitChange) -> str:
    """All that is to be said of it, in the page's language."""
    said = [_("%(limit)s：%(how)s。", limit=i18n.pick(change.text), how=_how(change))]
    if change.old is not None and change.new is not None:
        said += _meant(change)
    return (" " if i18n.language() == "en" else "").join(map(str, said))


def _how(change: LimitChange) -> str:
    how = str(_HOW[change.how])
    if change.old is None or change.new is None or change.old == change.new:
        return how
    old, new = pack_words.budget(change.old), pack_words.budget(change.new)
    return str(_("%(old)s → %(new)s，%(how)s", old=old, new=new, how=how))


def _meant(change: LimitChange) -> list[str]:
    if not change.ledgers:
        return [_("过去 90 天没有按它走的台账。")]
    told = [
        _(
            "过去 90 天的 %(n)s 本时限台账，当时 %(were)s 本超期，按改后的会有 %(would)s 本。",
            n=i18n.count(change.ledgers),
            were=i18n.count(change.were),
            would=i18n.count(change.would),
        )
    ]
    for month in change.months:
        if month.more > 0:
            more = i18n.count(month.more)
            told.append(_("%(month)s多 %(n)s 本。", month=i18n.month(month.on), n=more))
        elif month.more < 0:
            fewer = i18n.count(-month.more)
            told.append(_("%(month)s少 %(n)s 本。", month=i18n.month(month.on), n=fewer))
    if change.overrules:
        told.append(_("决策表另给的期限不再算。"))
    return told
