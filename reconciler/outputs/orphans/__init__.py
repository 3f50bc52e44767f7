"""The role assignments of a subscription whose principal is gone, for people and as a document."""
