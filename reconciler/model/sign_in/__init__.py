"""What a sign-in log says of an identity, and where the log is."""
