"""Families: groups of people, their roles and invitations."""
