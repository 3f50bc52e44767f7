"""What is read of a Terraform state, and what is written for it."""
