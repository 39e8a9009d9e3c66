"""Staff views of the server: accounts, the audit log, and background jobs."""
