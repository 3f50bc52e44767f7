"""A plan as a file: written, read as untrusted input, and held against what lives before it is applied."""
