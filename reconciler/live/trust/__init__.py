"""Who may become identities and what that lets them do, as it lives."""
