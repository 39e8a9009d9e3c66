"""Data about requests: persisted documents and idempotency records."""
