"""The GraphQL machinery: field declarations, loaders, connections, errors. Knows no domain."""
