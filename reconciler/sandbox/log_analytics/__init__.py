"""Microsoft.OperationalInsights: queries to a workspace about the sign-ins that the sandbox has seen."""
