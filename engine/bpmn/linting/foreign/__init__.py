"""Diagrams drawn for other engines: what their attributes mean, and which of ours replaces them.

One table a tool (`camunda7`, `camunda8`, …), names and namespaces as its own schema has them.
"""
