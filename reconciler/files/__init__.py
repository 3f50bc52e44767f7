"""Files on disk: read only where they may lie, known by what is in them, replaced whole; no secret printed of them."""
