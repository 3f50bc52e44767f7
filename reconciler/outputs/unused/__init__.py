"""The identities of a manifest that nobody signs in as, as far as a sign-in log tells."""
