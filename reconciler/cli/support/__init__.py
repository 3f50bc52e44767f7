"""What commands share: flags, the connection, signals, the journal, and where text goes."""
