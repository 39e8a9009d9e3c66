"""Personal data: exports, account deletion and erasure."""
