"""Runs the diagrams: the process runtime of Huiyin, without a web."""
