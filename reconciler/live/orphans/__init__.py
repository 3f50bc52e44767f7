"""Role assignments of principals that are gone: what is read to find them, and when it is enough to say so."""
