"""The command line: one small file per command, from flags to a workflow to a report to an exit code."""
