"""What the kinds of fields and the lists they choose from are called."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from web import pack_sections

KINDS: Mapping[str, str] = {
    "text": _("一行字"),
    "long": _("一段字"),
    "choice": _("选一项"),
    "tiles": _("选一项（大按钮）"),
    "several": _("选几项"),
    "yes-no": _("是或否（必须表态）"),
    "tick": _("打勾"),
    "whole": _("整数"),
    "number": _("数字"),
    "stars": _("一到五星"),
    "date": _("日期"),
    "moment": _("日期和时刻"),
    "unit": _("一个单位"),
    "units": _("几个单位"),
    "files": _("文件和照片"),
}
_OTHER = _("另有写法（看 JSON）")


def kind(name: str) -> str:
    """What a kind is called."""
    return str(KINDS.get(name, _OTHER))


def list_name(name: str) -> str:
    """What a list is called, with the name a form gives it."""
    section = name.removeprefix("pack.")
    known = pack_sections.SECTIONS.get(section)
    if name == "units":
        return str(_("单位"))
    return str(known.label) if known else name
