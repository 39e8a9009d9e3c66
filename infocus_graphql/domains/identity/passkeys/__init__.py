"""Passkeys: signing in by what a device keeps and who it belongs to unlocks."""
