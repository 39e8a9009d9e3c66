"""The database layer: pools, transactions, batch queries, pagination. Imports no domain and no GraphQL."""
