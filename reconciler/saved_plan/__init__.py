"""A plan as a file: written, read as untrusted input, and compared with the live state before it is applied."""
