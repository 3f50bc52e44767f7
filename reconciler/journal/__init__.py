"""The durable record of a run: one line on disk before each call and one after it, written and read back."""
