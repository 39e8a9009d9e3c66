"""GraphQL over WebSocket and over Server-Sent Events, over real sockets."""
