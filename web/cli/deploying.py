"""`migrate`, `deploy` and `lint`: the schema, and diagrams and packs into use."""

import json
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

import workflows
from engine import schema
from engine.commands import deployments, installing, linting
from engine.db import transaction
from engine.errors import InvalidInput
from engine.models import Definition, DefinitionKind, Pack
from web.cli.installation import Installation, fault_line, pass_installation, tell
