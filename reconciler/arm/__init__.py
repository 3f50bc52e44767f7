"""Azure Resource Manager over HTTP: one file per ARM resource, each the only place that knows the resource's JSON."""
