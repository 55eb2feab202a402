"""Official papers (公文): what one says, how it is set as PDF/A, how a template is filled.

`reading` gathers the facts of a paper from the rows, `wording` says them in one of two languages,
`typesetting` and `filling` make the files, `keeping` keeps what was issued, `templates` and
`checking` are for the offices' own templates.
"""
