"""Azure Resource Manager as this tool uses it: one file for each ARM resource, which turns JSON into model types.

`http/` carries the calls, `login/` gets the tokens. Nothing here knows a manifest.
"""
