"""What Azure gave the identities of a manifest: ids for whatever refers to them, in the forms that others read."""
