"""Whether plan and apply would have what they need here: login, tenant, endpoint, clock, rights."""
