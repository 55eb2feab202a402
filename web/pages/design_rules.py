"""The rules of drawings, decisions and forms: why each is there, with an example."""

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from engine.commands import design_rules
from engine.commands.design_rules import Side
from web.permitted import permitted
from web.studio_words import parts

blueprint = Blueprint("design_rules", __name__, url_prefix="/design/rules")
_READABLE = (".json", ".dmn")


@blueprint.get("")
@permitted("design")
def index() -> ResponseReturnValue:
    """Every rule."""
    return render_template("design/rules.html", rules=design_rules.rules(), parts=parts)


@blueprint.get("/<key>")
@permitted("design")
def show(key: str) -> ResponseReturnValue:
    """One rule: what breaks it, and what does not."""
    shown = design_rules.shown(key)
    texts = {
        side: {
            one.name: one.content.decode("utf-8", "replace")[:20_000]
            for one in files
            if one.name.endswith(_READABLE) or b"BPMNShape" not in one.content
        }
        for side, files in shown.sides.items()
    }
    return render_template("design/rule.html", shown=shown, texts=texts, parts=parts)


@blueprint.get("/<key>/<any(bad,good):side>/marks.json")
@permitted("design")
def marks(key: str, side: Side) -> ResponseReturnValue:
    """Which elements of the bad drawing are meant."""
    elements = design_rules.shown(key).elements if side == "bad" else ()
    late = [{"element": one, "tokens": "!", "state": "late", "text": ""} for one in elements]
    return jsonify(active=late)


@blueprint.get("/<key>/<any(bad,good):side>/<filename>")
@permitted("design")
def file(key: str, side: Side, filename: str) -> ResponseReturnValue:
    """A file of a rule's example."""
    content = design_rules.file(key, side, filename)
    kind = "application/json" if filename.endswith(".json") else "application/xml"
    return Response(content, mimetype=kind)
