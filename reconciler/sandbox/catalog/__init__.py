"""Microsoft.Resources beside the resources themselves: lists, tags at a scope, providers and their operations."""
