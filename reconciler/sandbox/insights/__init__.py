"""Microsoft.Insights: the Activity Log."""
