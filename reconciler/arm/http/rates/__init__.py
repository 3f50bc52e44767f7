"""Whose turn it is: how fast Azure lets a caller be, what is left of that, and which waiting call goes out next."""
