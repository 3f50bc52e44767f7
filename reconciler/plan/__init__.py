"""What would be done: the comparison of the declared with the live, its order, and the document that says so.

Describes and never judges; reads nothing itself.
"""
