"""How fast a client may be: the budgets of ARM and of its providers, and what is left of them."""
