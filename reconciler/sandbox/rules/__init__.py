"""What holds for every resource alike: rights, locks, scopes, tags, locations."""
