"""What `uami explain-login` found, for people and in JSON; the token itself is in neither."""
