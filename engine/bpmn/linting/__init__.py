"""The rules of the linter, one subject per module."""
