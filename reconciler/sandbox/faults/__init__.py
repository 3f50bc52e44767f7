"""What goes wrong on purpose: the script of faults, and the application that carries it out."""
