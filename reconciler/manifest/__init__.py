"""From YAML files to what they declare: every problem is found before any request, each with its place.

`yaml/` reads text into data with positions, `rules/` judge it, and the modules beside them merge and type it.
"""
