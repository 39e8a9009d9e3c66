"""Use cases that change families, members and invitations."""
