"""The audit log: actor, action, time, client and target of every security-relevant change."""
