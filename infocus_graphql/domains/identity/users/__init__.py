"""Accounts: people and their profiles."""
