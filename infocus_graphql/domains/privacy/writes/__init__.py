"""Use cases of data exports, account deletion and erasure."""
