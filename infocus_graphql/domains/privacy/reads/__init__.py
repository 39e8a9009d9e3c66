"""Queries on exports and deletions, and the contents of an export."""
