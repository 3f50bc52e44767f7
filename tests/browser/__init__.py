"""The HTML report in a real browser: what a reader sees, by keyboard too, and that nothing in it is obeyed."""
