"""What is remembered of requests themselves: documents that clients name by their hash."""
