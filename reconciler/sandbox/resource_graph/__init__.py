"""Microsoft.ResourceGraph: queries over tables made from the state; `kql/` is their language."""
