"""Microsoft.Authorization: permissions, roles, their assignments, locks, and who is in the directory."""
