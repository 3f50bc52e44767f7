"""What the emulator keeps: the resources of its subscriptions, and the events of what happened to them."""
