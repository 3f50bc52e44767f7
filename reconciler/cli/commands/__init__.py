"""The commands, one file each: what each takes, and the story that it tells with the rooms below."""
