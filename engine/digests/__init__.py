"""Digests (专报、摘报): periods told in text, tables and charts, each number bound to its cases."""
