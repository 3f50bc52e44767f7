"""The tables of `uami orphans`: judging."""
