"""How well the tests hold the code: `python -m tests.mutations` breaks it in small ways and looks who notices."""
