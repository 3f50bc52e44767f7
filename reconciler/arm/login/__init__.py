"""Where a token comes from, for which cloud, and what it says of whom it is for."""
