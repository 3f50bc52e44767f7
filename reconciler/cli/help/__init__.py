"""What the command line says of itself: the help of every command, and what is wrong with the words given to it."""
