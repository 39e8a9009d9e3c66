"""The GraphQL layer: field declarations, loaders, connections, errors, execution. Independent of domains."""
