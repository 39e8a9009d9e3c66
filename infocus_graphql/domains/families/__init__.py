"""Families: groups of users, their roles and invitations."""
