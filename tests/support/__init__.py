"""Shared test support: database server, API client, factories, statement recorder."""
