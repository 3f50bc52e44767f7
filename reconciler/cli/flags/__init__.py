"""Flags and arguments by subject, beyond those that `support.flags` has for every command."""
