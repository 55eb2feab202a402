"""Feedback rates of departments by topic (主题反馈率), each number with its cases."""

from flask import Blueprint, render_template

from engine.queries import topics
from web.permitted import permitted
from web.request import current_person, reading

blueprint = Blueprint("topics", __name__)


@blueprint.get("/topics")
@permitted("supervision.read")
def index() -> str:
    """Every topic: sent, fed back, rate."""
    with reading() as session:
        rates = topics.rates(session, current_person())
    sent = sum(rate.sent for rate in rates)
    answered = sum(rate.answered for rate in rates)
    return render_template(
        "topics/index.html",
        rates=rates,
        whole=topics.Rate("", {}, sent, answered),
    )
