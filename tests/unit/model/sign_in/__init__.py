"""The tables of the sign-in log: values, documents, workspaces."""
