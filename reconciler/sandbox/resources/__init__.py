"""Microsoft.Resources: subscriptions, resource groups, and resources of any other type."""
