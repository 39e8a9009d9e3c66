"""Sessions: sign-in, refresh token rotation, sign-out and password changes."""
