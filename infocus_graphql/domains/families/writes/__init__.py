"""Changes to families: the families themselves, their members, their invitations."""
