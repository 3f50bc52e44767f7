"""The tables of `uami orphans`: its report."""
