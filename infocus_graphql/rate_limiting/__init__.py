"""Rate limits (GCRA) and exponential back-off after failed sign-ins; in memory or in PostgreSQL."""
