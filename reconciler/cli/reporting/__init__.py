"""Where the reports of one run go: to stdout, to the files of `--format FORMAT=FILE`, to those of a CI system."""
