"""The HTTP API under `/api/v1`: one module for each resource, described by OpenAPI."""

from web.api import (
    anchors,
    cases,
    contacts,
    definitions,
    deployments,
    incidents,
    instances,
    papers,
    supervisions,
    tasks,
)
from web.api.door import blueprint, init_app

RESOURCES = (
    anchors,
    cases,
    contacts,
    definitions,
    deployments,
    incidents,
    instances,
    papers,
    supervisions,
    tasks,
)

__all__ = ["RESOURCES", "blueprint", "init_app"]
