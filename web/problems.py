"""Errors as HTTP: a page with a way on for people, RFC 9457 problems for machines.

One table says the status and the sentence of every error the engine raises; a test keeps it
whole. Nobody ever sees a stack trace: an unforeseen error gets a reference, also in the log.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, g, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from engine import errors, outages
from web.security import is_machine_path


class Problem(NamedTuple):
    """What a person is told: the status, what happened, and what to do now."""

    status: int
    title: str
    advice: str


PROBLEMS: Mapping[type[errors.HuiyinError], Problem] = {
    errors.HuiyinError: Problem(
        400, _("这一步没有做成"), _("什么也没有改动。回到上一页核对后再试。")
    ),
    errors.NotFound: Problem(
        404, _("没有找到"), _("可能已经并入别的诉求，或者编号少了几个字。按编号找一找。")
    ),
    errors.NotAllowed: Problem(
        403,
        _("这件不在您单位的范围里"),
        _("如果工作需要，请和受理办公室联系，说明用途。"),
    ),
    errors.Conflict: Problem(
        409,
        _("有人先做了一步"),
        _("这件有了新进展，您这次提交没有写进去。打开最新的一页，看清楚后再做。"),
    ),
    errors.Crossed: Problem(
        409,
        _("和另一次提交撞在一起了"),
        _("两次都想改同一件，这一次没有写进去。回到上一页再交一次；填的都还在。"),
    ),
    errors.InvalidInput: Problem(
        422, _("有一项填得不对"), _("什么也没有改动。回到上一页，改正后再交。")
    ),
    errors.InvalidAnswers: Problem(
        422, _("有几项填得不对，没有提交"), _("回到上一页，按提示改正后再交。")
    ),
    errors.InvalidDiagram: Problem(
        422, _("流程图不能部署"), _("每一处问题都写明了图元和出路；改好再部署，草稿随时可存。")
    ),
    errors.InvalidPack: Problem(
        422, _("这个系统包不能使用"), _("正在使用的一版没有改动。按提示改正后再部署。")
    ),
    errors.StepFailed: Problem(
        409,  # nothing is wrong with us or with what was sent: the case cannot go on yet
        _("流程停在一步上，管理员已收到"),
        _("刚才的提交没有存上，一个字也没写进去；时限照常计算，管理员处理后会继续。"),
    ),
    errors.UnknownState: Problem(
        409,
        _("这件的办理状态读不出来，管理员已收到"),
        _("什么也没有改动，时限照常计算。由较新的版本写成的，升级后照办；坏了的，从备份恢复。"),
    ),
    errors.SignInRefused: Problem(403, _("用户名或密码不对"), _("核对后再试。")),
    errors.TooMany: Problem(429, _("试得太多了，先等一等"), _("5 分钟后再试。")),
    errors.TooLarge: Problem(
        413, _("内容太大，没有收下"), _("一次最多 64 MB。把照片缩小，或分几次传。")
    ),
    errors.Unavailable: Problem(
        503,
        _("系统暂时存不上"),
        _("等半分钟，回到上一页再交一次；填的都还在，交两次也只办一次。管理员已收到。"),
    ),
}
RETRY_SECONDS = 5  # after which it is worth asking again
HTTP_PROBLEMS: Mapping[int, Problem] = {
    400: Problem(400, _("这次提交读不懂"), _("什么也没有改动。回到上一页，刷新后再试一次。")),
    401: Problem(401, _("要先登录"), _("登录后会回到这里。")),
    403: PROBLEMS[errors.NotAllowed],
    404: Problem(
        404, _("没有这一页"), _("地址可能少了几个字。诉求编号像这样：GL-20261010-000123。")
    ),
    405: Problem(405, _("这里不能这样打开"), _("什么也没有改动。从导航重新进入这一页。")),
    413: PROBLEMS[errors.TooLarge],
    429: PROBLEMS[errors.TooMany],
    500: Problem(
        500,
        _("我们出错了"),
        _("刚才的提交没有存上，一个字也没写进去。回到上一页，再交一次即可。"),
    ),
}


def init_app(app: APIFlask) -> None:
    """Answer every error."""
    app.error_processor(_machine_error)  # takes HTTP's own errors too, so ours come after it
    app.register_error_handler(errors.HuiyinError, _domain_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _unforeseen)


def problem_of(error: errors.HuiyinError) -> Problem:
    """The entry of the error's class, or of the nearest class above it."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def document(status: int, title: str, *, code: str, detail: str = "", **more: Any) -> Response:
    """An `application/problem+json` answer (RFC 9457)."""
    body = {
        "type": f"urn:huiyin:problem:{code}",
        "title": str(title),
        "status": status,
        "code": code,
        **({"detail": detail} if detail else {}),
        **{name: _plain(value) for name, value in more.items()},
    }
    response = make_response(current_app.json.dumps(body), status)
    response.content_type = "application/problem+json"
    return response


def page(problem: Problem, *, reference: str = "") -> tuple[str, int]:
    """The page a person sees."""
    return (
        render_template("problem.html", problem=problem, reference=reference),
        problem.status,
    )


def _domain_error(error: errors.HuiyinError) -> ResponseReturnValue:
    if isinstance(error, errors.Unavailable):
        return _unavailable(error)
    problem = problem_of(error)
    if problem.status >= 500 or isinstance(error, errors.StepFailed):
        # What exactly is the incident's to say: the reason may name a unit.
        current_app.logger.error("%s at %s", error.code, getattr(error, "element", "") or "-")
    if is_machine_path():
        details = {k: v for k, v in error.details.items() if k not in _MEMBERS}
        return document(
            problem.status, problem.title, code=error.code, detail=error.message, **details
        )
    return page(problem)


def _unavailable(error: errors.Unavailable) -> ResponseReturnValue:
    """In words, and without asking the database who asked."""
    g.plain = True
    problem = problem_of(error)
    current_app.logger.error("%s: %s", error.code, error.reason)
    if is_machine_path():
        answer = document(
            problem.status,
            problem.title,
            code=error.code,
            detail=error.message,
            reason=error.reason,
        )
    else:
        answer = make_response(_plain_page(problem))
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def http_error(error: HTTPException) -> ResponseReturnValue:
    """The answer to an error of HTTP itself."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    problem = HTTP_PROBLEMS.get(error.code) or HTTP_PROBLEMS[400]._replace(status=error.code)
    headers = [(k, v) for k, v in error.get_headers() if k in {"Allow", "Retry-After"}]
    answer: Response
    if is_machine_path():
        answer = document(
            error.code, problem.title, code=_code(error.code), detail=error.description or ""
        )
    else:
        answer = make_response(page(problem))
    answer.headers.extend(headers)
    return answer


def _unforeseen(error: Exception) -> ResponseReturnValue:
    if out := outages.of(error):
        return _unavailable(out)
    reference = "-".join((secrets.token_hex(2), secrets.token_hex(2))).upper()
    current_app.logger.error("unforeseen error %s", reference, exc_info=error)
    problem = HTTP_PROBLEMS[500]
    if is_machine_path():
        return document(500, problem.title, code="internal-server-error", reference=reference)
    return _plain_page(problem, reference)


def _plain_page(problem: Problem, reference: str = "") -> ResponseReturnValue:
    """The page without what only the database knows; a line of text where even that fails."""
    g.plain = True
    try:
        return page(problem, reference=reference)
    except Exception:
        current_app.logger.exception("no page for error %s", reference)
        words = gettext("编号 %(ref)s，管理员已收到。", ref=reference) if reference else ""
        text = f"{problem.title} {words}"
        return Response(text, problem.status, content_type="text/plain; charset=utf-8")


def _machine_error(error: HTTPError) -> Response:
    """What APIFlask refuses before a view runs: answers in the same form."""
    problem = HTTP_PROBLEMS.get(error.status_code) or HTTP_PROBLEMS[400]
    if error.status_code == 422:
        problem = PROBLEMS[errors.InvalidInput]
    return document(
        error.status_code,
        problem.title,
        code=_code(error.status_code),
        detail=error.message or "",
        **({"fields": error.detail} if error.detail else {}),
    )


_MEMBERS = frozenset({"type", "title", "status", "detail", "code"})


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value
