"""What `uami drift` alone has: its flags, the commit that it may hold live against, and its file of metrics."""
