"""What ends by itself: lines of a manifest with a day from which on what they give must not exist."""
