"""Rules of form files."""

from collections.abc import Iterator

from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import FormFile
from engine.facts import FACTS
from engine.form_schema import problems


@rule(
    "form",
    subject="form",
    zh="表单有错，办理人打不开待办，或者填的内容进不了诉求。表单是 JSON Schema 2020-12，按说明改。",
    en="With a form that is wrong a task cannot be opened, or what is filled in does not reach "
    "the case. A form is a JSON Schema 2020-12; mend what the message names.",
)
def form(file: FormFile) -> Iterator[Found]:
    """A form is one that can be shown, filled in and kept."""
    if file.schema is None:
        yield Found(None, "The form is not JSON. Expected a JSON Schema 2020-12 object.")
        return
    for told in problems(file.schema, FACTS):
        yield Found(None, told)
