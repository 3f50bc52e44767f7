"""What comes from disk, before anybody reads it: which kind of file it is, and JSON that is taken strictly."""
