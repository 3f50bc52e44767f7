"""Whether a workload's own token matches a federated credential, and where not, what differs: values alone.

Nothing here asks anybody: a token is decoded where it was given, and its signature is for Microsoft Entra to check.
"""
