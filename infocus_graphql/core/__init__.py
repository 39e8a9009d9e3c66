"""Building blocks for every layer: errors, ids, time, text, caches. Imports no HTTP, SQL or GraphQL."""
