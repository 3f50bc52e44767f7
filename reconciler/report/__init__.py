"""Plans and results as text or documents; pure functions from values to strings."""
