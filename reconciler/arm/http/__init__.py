"""How a call reaches ARM and comes back: endpoint, transport, retries, pages, errors, and what a log may hold."""
