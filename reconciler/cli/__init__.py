"""Commands and flags: the only room that prints, asks and exits."""
