"""Whom federated credentials trust, in words."""
