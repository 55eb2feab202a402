"""Queries read things: rows with everything their page shows, in one or two statements."""
