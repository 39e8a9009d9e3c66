"""The database layer: engines, sessions, batches, pages. Knows no domain and no GraphQL."""
