"""The plan of `uami orphans --remove`: what it deletes, and what it says of the rest."""
