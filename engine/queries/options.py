"""What the lists of a form offer, by key, in both languages."""

from collections.abc import Mapping
from typing import Any

from engine import forms
from engine.packs import Pack

Texts = Mapping[str, str]


def of_form(
    schema: Mapping[str, Any], pack: Pack, units: Mapping[str, Texts]
) -> dict[str, Mapping[str, Texts]]:
    """Every list of the form: its units, and the sections of the pack it chooses from."""
    return {
        name: units if name == "units" else pack.names(name.removeprefix("pack."))
        for name in forms.options_needed(schema)
    }
