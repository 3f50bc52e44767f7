"""What has expired: a plan of nothing else, and how much of it there is."""
