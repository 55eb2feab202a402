"""Commands change things: one function each, inside the caller's transaction."""
