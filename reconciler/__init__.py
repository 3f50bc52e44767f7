"""Declarative desired-state reconciler for Azure user-assigned managed identities."""

__version__ = "0.1.0"
