"""InFocus GraphQL: an open API for families who track films and series together."""

__version__ = "0.1.0"
