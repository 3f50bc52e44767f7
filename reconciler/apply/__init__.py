"""Carrying out a plan: the only room that writes to ARM.

Every write begins with a read that must show what the plan was made for.
"""
