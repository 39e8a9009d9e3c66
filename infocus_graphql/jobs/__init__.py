"""Background jobs: enqueued in the transaction of the change they belong to, and run by workers."""
