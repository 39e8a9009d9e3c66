"""Compares the server with three others that return the same responses: `make bench`."""
