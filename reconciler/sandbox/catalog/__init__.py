"""Every kind of resource in one table, and what is listed of all of them: resources, tags, providers, operations."""
