"""What a diligent officer writes into each form."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


def answers_for(element: str, now: datetime, said: Mapping[str, Any]) -> dict[str, Any]:
    """Answers that carry a case on from the task `element`; `said` comes on top.

    now: aware and local. An element that is not known here has what is `said` alone.
    """
    at = now.isoformat(timespec="seconds")
    in_a_week = (now.date() + timedelta(days=7)).isoformat()
    usual: dict[str, dict[str, Any]] = {
        "complete_record": {
            "title": "市民来件",
            "category": "other",
            "kind": "help",
            "place": "市区",
            "place_kind": "site",
            "callback": "allowed",
        },
        "screen": {"opinion": "accept"},
        "tell_refusal": {
            "legal_channel": "competent_body",
            "told_at": at,
            "letter": "您反映的事项不在本平台受理范围内，请向有权处理的机关提出，途径已电话说明。",
        },
        "dispatch": {"mode": "push", "unit": "utilities_bureau"},
        "take_up": {"unit": "utilities_bureau"},
        "rule_unit": {
            "ruled_unit": "utilities_bureau",
            "precedent": True,
            "ground": "按职责清单由该单位主办，今后同类来件照此派送。",
        },
        "sign": {"signing": "sign"},
        "contact_citizen": {
            "contacted_at": at,
            "way": "phone",
            "what": "核对了地点和情况，说明了下一步安排和答复时间。",
        },
        "handle": {
            "measures": "到现场核实并组织处置，完成后拍照留存。",
            "done_on": now.date().isoformat(),
        },
        "co_handle": {"co_result": "done", "measures": "派人到场配合，提供了有关资料。"},
        "write_answer": {
            "outcome": "solved",
            "answer": f"{now.date().isoformat()}我单位到现场核实并处置完毕，如有反复请随时联系。",
        },
        "review_answer": {"review": "pass"},
        "revise_answer": {
            "answer": f"{now.date().isoformat()}由我单位处置完毕，责任科室每周回看一次。",
        },
        "answer_reporter": {"told_at": at},
        "answer_directly": {"answered_at": at, "way": "phone"},
        "publish_batch": {"medium": "市民日报", "issue": "本周", "published_on": in_a_week},
        "press_briefing": {
            "held_on": in_a_week,
            "summary": "在例行通报会上说明了办理经过和后续安排。",
        },
        "reply_publicly": {"posted_at": at, "shown_as": "承办单位"},
        "callback": {
            "band": "morning",
            "reached_citizen": True,
            "contacted": "yes",
            "result": "solved",
            "satisfaction": 5,
        },
        "judge_unsolved": {
            "judgement": "reasonable",
            "ground": "现场复核，所反映的情况仍然存在，要求合理。",
        },
        "spot_check": {"finding": "good", "report": "现场抽查，与答复一致。"},
        "phone": {
            "called_at": at,
            "spoke_to": "分管负责人",
            "promise": "两个工作日内联系市民并提出办理意见。",
        },
        "order": {
            "order_number": f"督〔{now.year}〕1号",
            "cure_by": in_a_week,
            "demands": "限期办结，并书面说明超期原因。",
        },
        "interview": {
            "held_at": at,
            "present": "承办单位负责人、督办室负责人",
            "minutes": "说明了拖延原因，明确了责任人和完成日期，督办室每周核查一次。",
        },
        "commitment": {
            "signed_by": "承办单位负责人",
            "cure_by": in_a_week,
            "published": True,
            "pledge": "十个工作日内办结，并向社会公布结果。",
        },
        "criticism": {
            "notice_number": f"通〔{now.year}〕1号",
            "sent_to": "各区县、各部门",
            "ground": "公开承诺到期没有兑现，予以通报批评，限期整改。",
        },
        "on_site": {
            "visited_at": at,
            "present": "承办单位分管负责人、督办员",
            "found": "现场看了一遍，反映的情况还在，当场商定了处置办法。",
        },
        "meeting": {
            "held_at": at,
            "present": "承办单位、协办单位、督办室",
            "minutes": "承办单位牵头，协办单位配合，每周报一次进度。",
        },
        "referral": {"referred_to": "纪检监察机关", "ground": "经约谈和公开承诺仍未整改。"},
        "request_extension": {
            "days": 5,
            "legal_basis": "办理规定中关于复杂事项可延期一次的规定",
            "reason": "需要停水施工，已公告并安排在下周。",
        },
        "approve_extension": {"decision": "grant"},
    }
    return {**usual.get(element, {}), **said}
