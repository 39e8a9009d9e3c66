"""Copies of people's data, and the deletion of accounts."""
