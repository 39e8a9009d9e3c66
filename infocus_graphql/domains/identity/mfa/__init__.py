"""Multi-factor authentication: TOTP codes (RFC 6238) and backup codes."""
