"""The embedded server, tested with real processes."""
