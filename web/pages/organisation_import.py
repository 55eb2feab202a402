"""Importing the organisation (导入组织): a sheet, what it would do, the act, the refused rows."""

import csv
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.commands import organisation_import
from engine.commands.organisation_import import Done, Verdict
from engine.errors import InvalidInput
from engine.importing import organisation_sheet
from engine.importing.organisation_sheet import HEADINGS, Sheet
from engine.importing.refused_rows import RefusedRows
from engine.models import Role
from web import administration
from web.administration import fault_links
from web.permitted import permitted
from web.request import current_person, installation

blueprint = Blueprint("organisation_import", __name__, url_prefix="/admin/import")
MOST_ROWS, MOST_BYTES, SHOWN = 2000, 1_500_000, 200
_FIELDS = {
    "unit_key": lazy_gettext("单位标识"),
    "unit": lazy_gettext("单位"),
    "unit_en": lazy_gettext("英文名称"),
    "parent": lazy_gettext("上级单位"),
    "level": lazy_gettext("层级"),
    "kind": lazy_gettext("类别"),
    "territory": lazy_gettext("辖区"),
    "unit_phone": lazy_gettext("单位电话"),
    "hours": lazy_gettext("办公时间"),
    "login": lazy_gettext("登录名"),
    "name": lazy_gettext("姓名"),
    "name_en": lazy_gettext("拼音或英文名"),
    "mobile": lazy_gettext("手机"),
    "email": lazy_gettext("邮箱"),
    "role": lazy_gettext("角色"),
    "capacity": lazy_gettext("每天办几件"),
    "from_on": lazy_gettext("从哪一天"),
    "until_on": lazy_gettext("到哪一天"),
}
_VERDICTS = {
    Verdict.CREATED: lazy_gettext("新建"),
    Verdict.CHANGED: lazy_gettext("改动"),
    Verdict.THERE: lazy_gettext("已有"),
    Verdict.REFUSED: lazy_gettext("不导入"),
}


@blueprint.get("")
@permitted("admin")
def index() -> ResponseReturnValue:
    """Ask for a sheet."""
    return _page()


@blueprint.post("")
@permitted("admin")
def look() -> ResponseReturnValue:
    """What a sheet would do; nothing is kept."""
    sent = request.files.get("sheet")
    content = sent.stream.read(MOST_BYTES + 1) if sent and sent.filename else b""
    if not content or len(content) > MOST_BYTES:
        fault = _("选一个文件。") if not content else _("文件太大，分几张表导入。")
        return _page(fault=str(fault)), 422
    try:
        sheet = _in_a_file(content, lambda path: organisation_sheet.read(path, MOST_ROWS))
    except InvalidInput as error:
        return _page(fault=_unreadable(error)), 422
    for row in sheet.rows:
        if row.fault or row.flaws:  # would be lost on the way here and back
            return _page(
                fault=str(_("第 %(line)s 行有读不出来的格子，改好再来。", line=row.line))
            ), 422
    done = organisation_import.rehearse(installation().sessions, sheet, by=current_person())
    return _page(sheet, done)


@blueprint.post("/taken")
@permitted("admin")
def take() -> ResponseReturnValue:
    """Take in the sheet that was shown; taken in again, all of it is there already."""
    said = {
        name: request.form[f"col-{name}"][:200]
        for name in HEADINGS
        if f"col-{name}" in request.form
    }
    content = request.form.get("table", "").encode()
    try:
        sheet = _in_a_file(
            content, lambda path: organisation_sheet.read(path, MOST_ROWS, said=said)
        )
    except InvalidInput as error:
        return _page(fault=_unreadable(error)), 422
    again = bool(request.form.get("again"))
    act = organisation_import.rehearse if again else organisation_import.take
    done = act(installation().sessions, sheet, by=current_person())
    return _page(sheet, done, taken=not again)


@blueprint.post("/refused")
@permitted("admin")
def refused() -> ResponseReturnValue:
    """The rows that were refused, to be mended in a spreadsheet and sent again."""
    answer = Response(request.form.get("table", "").encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=refused.csv"
    return answer


def _page(
    sheet: Sheet | None = None, done: Done | None = None, *, taken: bool = False, fault: str = ""
) -> str:
    faults = {"sheet": fault} if fault else {}
    judged = None
    if done is not None:
        told = [one for one in done.judged if one.verdict is not Verdict.THERE]
        judged = told[:SHOWN]
    return render_template(
        "admin/import.html",
        done=taken,
        judged=judged,
        more=max(0, len(told) - SHOWN) if done is not None else 0,
        some=done is not None and len(done.judged) > done.counts[Verdict.REFUSED],
        balance=_balance(done) if done is not None else "",
        table=_text(sheet) if sheet is not None and not taken else "",
        refused=_refused(sheet, done) if sheet is not None and done is not None else "",
        headings=sheet.headings if sheet is not None else (),
        columns=_columns(sheet) if sheet is not None else {},
        fields=[(name, str(_FIELDS[name])) for name in HEADINGS],
        verdicts={str(one): str(words) for one, words in _VERDICTS.items()},
        role_name=administration.role_name,
        role_keys=frozenset(map(str, Role)),
        most=MOST_ROWS,
        faults=faults,
        fault_links=fault_links(faults),
    )


def _balance(done: Done) -> str:
    counts = done.counts
    return str(
        _(
            "读了 %(read)s 行 = 新建 %(created)s + 改动 %(changed)s + 已有 %(there)s "
            "+ 不导入 %(refused)s。",
            read=len(done.judged),
            created=counts[Verdict.CREATED],
            changed=counts[Verdict.CHANGED],
            there=counts[Verdict.THERE],
            refused=counts[Verdict.REFUSED],
        )
    )


def _columns(sheet: Sheet) -> Mapping[str, str]:
    return {name: sheet.headings[place] for name, place in sheet.fields.items()}


def _text(sheet: Sheet) -> str:
    """The sheet as CSV, to be posted again as it was read."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.headings)
    for row in sheet.rows:
        writer.writerow(row.cells)
    return text.getvalue()


def _refused(sheet: Sheet, done: Done) -> str:
    rows = [one for one in done.judged if one.reason is not None]
    if not rows:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "refused.csv"
        with RefusedRows(path, sheet.headings) as kept:
            for one in rows:
                if one.reason is not None:
                    kept.write(one.row, one.reason)
        return path.read_text("utf-8-sig")


def _in_a_file(content: bytes, read: Callable[[Path], Sheet]) -> Sheet:
    """What reading a file with this content gives; what it is shows in its first bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        return read(path)


def _unreadable(error: InvalidInput) -> str:
    if error.field == "headings":
        return str(_("没有找到写单位的列。第一行写列名，如「单位」「姓名」「角色」。"))
    return str(_("这个文件读不懂，或者太长：要 CSV 或 XLSX，第一行是列名。"))
