"""Business logic: one package per domain, each with the same modules (models, policy, reads, writes, …)."""
