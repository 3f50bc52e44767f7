"""The stories about the subjects that a manifest trusts: why a login fails, and how subjects move."""
