"""Reversing a run: made from its journal and from the live state, planned and applied like any other change."""
