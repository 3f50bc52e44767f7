"""ARM's values as frozen types: ids, identities, credentials, role assignments, what a delete meets.

Equality here is ARM's own (names and ids compare without case), and nothing here reads or writes anything.
"""
