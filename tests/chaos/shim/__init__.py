"""A folder for PYTHONPATH, so that Python finds `sitecustomize` in it."""
