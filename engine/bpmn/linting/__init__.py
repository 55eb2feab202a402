"""The linter, read like a table of contents.

registry    the rules there are, each with what it is for and its way out
rules/      the rules, one subject a module; foreign/ those of other tools' diagrams
cost        what an expression costs at worst
context     what a rule may ask of a diagram, a decision, a form
documents, scopes, tables, shapes       files as they are read
saying, kinds, variables, asked         expressions, their kinds of values, what tasks name
tokens, trials                          ways a diagram can go, answers a table can give
report, faults                          what was found, as it is told
examples/, showing, page                one bad and one good file a rule, and docs/rules.md
"""
