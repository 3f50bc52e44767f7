"""The way of a manifest from GitHub's subjects by name to those with ids: both side by side, then the new ones alone.

It proposes edits of the manifest's text; what becomes of them in Azure is for plan and apply.
"""
