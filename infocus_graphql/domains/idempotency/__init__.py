"""Idempotency records: the results of mutations with an `Idempotency-Key`, in `store`."""
