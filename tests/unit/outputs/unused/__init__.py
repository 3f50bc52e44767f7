"""The tables of `uami unused`."""
