"""`uami orphans` as its caller meets it: the report, or with --remove a run that writes."""
