"""The starters in `examples/`: what is in them, and a small runner that plays a workflow of theirs."""
