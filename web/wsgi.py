"""The production entry: `gunicorn web.wsgi:app`."""

import os

from engine import db, faults, tending
from engine.commands import rehearsal
from engine.settings import Settings
from web.app import create_app

settings = Settings.from_env(os.environ)
rehearsal.follow(settings)
faults.arm(settings.fault)
app = create_app(db.connect(settings.database_url), settings)
tending.settle()
