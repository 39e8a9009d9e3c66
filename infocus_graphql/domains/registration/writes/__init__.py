"""Use cases of registration, e-mail verification, password reset and address change."""
