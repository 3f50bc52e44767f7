"""What CI systems take from the log of a job: notices on lines of manifests, and values for the steps that follow."""
