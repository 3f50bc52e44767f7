"""The report as one static HTML page: what it shows as values, and the templates that draw them.

views      the page as values: sections of groups, blocks, remarks and tables
changes    rows of changes as groups with a block for each identity
remarks    refusals, warnings, notes, and what else is told in sentences
plan       the pages of a plan and of drift
run        the pages of an apply and of a journal
checks     the pages of validate, doctor and an error
render     values to text, by Jinja2; alone makes HTML
"""
