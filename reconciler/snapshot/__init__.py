"""A state file of the sandbox taken from Azure: which resources it needs, and the reads that bring them."""
