"""What ARM remembers of what was done: the Activity Log, and the changes that Resource Graph keeps."""
