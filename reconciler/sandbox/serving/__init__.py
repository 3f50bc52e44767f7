"""The emulator as a WSGI application, in process and over HTTP."""
