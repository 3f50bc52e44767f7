"""What a manifest must keep to: the JSON Schema in our own words, and the rules that no schema can say."""
