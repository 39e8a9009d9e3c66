"""What tests share: the database server, the API client, factories, the statement recorder."""
