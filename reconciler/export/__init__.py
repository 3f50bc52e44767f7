"""What is live, written as the manifest that a person would have typed; pure."""
