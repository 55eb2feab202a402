"""The HTTP API under `/api/v1`: one module for each resource, described by OpenAPI."""

from web.api import cases, contacts, definitions, deployments, papers, supervisions, tasks
from web.api.door import blueprint, init_app

RESOURCES = (cases, contacts, definitions, deployments, papers, supervisions, tasks)

__all__ = ["RESOURCES", "blueprint", "init_app"]
