"""From manifest files to what they declare; `load.load_manifest` is the one way in."""
