"""The HTTP layer: endpoint, authentication, CORS, explorer, health. Contains no business rules."""
