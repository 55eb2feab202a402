"""Runs diagrams on SpiffWorkflow, which nothing else imports; no database here."""
