"""What an Azure client asks before and at its login: endpoints of the cloud, tokens, workload identity."""
