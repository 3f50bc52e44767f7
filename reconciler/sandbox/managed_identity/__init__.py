"""Microsoft.ManagedIdentity: user-assigned identities and what belongs to them."""
