"""Sessions: sign-in, refresh token rotation, sign-out and password changes.

`password_checks` verifies passwords for the mutations of all domains.
"""
