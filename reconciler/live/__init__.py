"""The live state, read through `arm`: identities and their children, what uses them, locks, and the caller's rights.

Complete or an error; what may be missing is said with its reason.
"""
