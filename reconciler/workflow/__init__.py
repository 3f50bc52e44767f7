"""The story of each command on one page: load, read, compare, guard, show, confirm, apply, verify.

It does none of these itself. Commands differ only in how much of the story they tell.
"""
