"""The parts of the text reports, each written on a page: blocks of changes, lists of identities, refusals, totals, hand-overs."""
