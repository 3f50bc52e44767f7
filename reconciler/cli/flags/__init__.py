"""Flags and arguments by subject: those that every command may take in `shared`, the rest in files of their own."""
