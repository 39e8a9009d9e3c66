"""Live connections: GraphQL over WebSocket (graphql-transport-ws) and Server-Sent Events (graphql-sse)."""
