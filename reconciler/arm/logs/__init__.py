"""What was done, as logs remember it: the Activity Log, Resource Graph's changes, and the sign-ins of identities."""
