"""What makes the emulator as strict and as unreliable as the real one: rates and faults."""
