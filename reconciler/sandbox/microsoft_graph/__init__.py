"""The few reads of Microsoft Graph that Azure's own clients make."""
