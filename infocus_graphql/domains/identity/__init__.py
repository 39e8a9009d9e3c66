"""Users and how they sign in: users, sessions, MFA, passkeys, API tokens."""
