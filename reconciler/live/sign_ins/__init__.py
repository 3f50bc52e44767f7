"""What the sign-in log says of identities."""
