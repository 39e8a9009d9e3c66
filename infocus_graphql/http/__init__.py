"""The ASGI edge: endpoint, authentication, explorer, health. Decides nothing about the business."""
