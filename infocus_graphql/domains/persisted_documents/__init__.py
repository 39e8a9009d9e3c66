"""Persisted documents: GraphQL documents that clients send once and then name by hash, in `store`."""
