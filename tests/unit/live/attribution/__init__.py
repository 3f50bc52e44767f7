"""Unit tests of reconciler.live.attribution."""
