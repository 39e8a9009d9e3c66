"""Credentials without HTTP: access tokens, signing keys, passwords, TOTP, WebAuthn, API tokens."""
