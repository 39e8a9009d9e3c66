"""Passkeys (WebAuthn): registration, sign-in and step-up verification."""
