"""What cases did, element by element of their diagrams (经过): for the living map.

`walks` reads it of some cases; `tally` adds it up; `durations` says how long in steps that add up.
"""
