"""What every layer may use: settings, errors, ids, time, secrets. Knows no HTTP, SQL or GraphQL."""
