"""Foreign files in and out: one module per format, one way to read them all (`files.read`)."""
