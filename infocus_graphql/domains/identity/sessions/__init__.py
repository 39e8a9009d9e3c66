"""Auth: sessions, refresh tokens, signing in and out."""
