"""The way back from a run: made from its journal and from what lives, planned and applied like any other change."""
