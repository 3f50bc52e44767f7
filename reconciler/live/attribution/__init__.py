"""Who made the differences that drift finds: the logs of Azure are read, and held against what differs."""
