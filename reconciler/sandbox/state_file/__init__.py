"""The emulator's state as readable JSON, and the file that holds it."""
