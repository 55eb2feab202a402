"""A form as a handler and as a phone show it, before it is in use."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from flask import g
from flask_babel import force_locale
from sqlalchemy.orm import Session

from engine import forms
from engine.designing.form_fields import Schema
from engine.queries import organisation, packs
from web import i18n, schema_form
from web.request import installation

Texts = Mapping[str, str]
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def lists(session: Session, schema: Schema) -> dict[str, dict[str, Texts]]:
    """The lists that the form chooses from: of the packs in use, each entry once, and the units."""
    found: dict[str, dict[str, Texts]] = defaultdict(dict)
    wanted = forms.options_needed(schema)
    if "units" in wanted:
        found["units"] = dict(organisation.unit_names(session))
    sections = {name.removeprefix("pack.") for name in wanted if name.startswith("pack.")}
    for line in packs.newest(session) if sections else ():
        for section in sections & set(line.pack.content):
            for key, texts in line.pack.names(section).items():
                found[f"pack.{section}"].setdefault(key, texts)
    return {name: found.get(name, {}) for name in wanted}


def sections(session: Session) -> list[str]:
    """The names of every list there is, as a field names them."""
    found = {name for line in packs.newest(session) for name in line.pack.options()}
    return ["units", *sorted(found)]


def rows(
    schema: Schema, options: Mapping[str, Mapping[str, Texts]], prefix: str, language: str
) -> list[list[schema_form.Field]]:
    """The form's fields with names of their own, so that it can stand on a page twice."""
    shown = i18n.language()
    g.language = language
    try:
        with force_locale(LOCALES[language]):
            made = schema_form.rows(schema, installation().zone, options=options)
    finally:
        g.language = shown
    return [[_own(field, prefix) for field in row] for row in made]


def _own(field: schema_form.Field, prefix: str) -> schema_form.Field:
    condition = field.condition
    if condition is not None:
        condition = replace(condition, control=prefix + condition.control)
    return replace(field, id=prefix + field.id, control=prefix + field.control, condition=condition)
