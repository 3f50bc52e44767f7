"""What an editor shows of the schemas: yaml-language-server, and ajv as strict as it is by default."""
