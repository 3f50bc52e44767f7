"""Log Analytics workspaces, as far as they hold sign-ins of managed identities."""
