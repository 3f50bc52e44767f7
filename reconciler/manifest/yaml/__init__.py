"""Reading YAML text into data whose every value knows its line: decoding, events, scalars, variables."""
