"""The audit log: who did what, when, from where, on which object."""
