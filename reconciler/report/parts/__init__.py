"""The parts of the text reports, each written on a page: blocks of changes, lists of identities, refusals, totals.

What a hand-over from Terraform says is a report of its own that is made of the same parts.
"""
