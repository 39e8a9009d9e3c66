"""Sessions: sign-in, refresh token rotation, sign-out and password changes.

`password_checks` verifies passwords for the mutations of all domains; `passwords` has the use cases of
sign-in by password and of its changes.
"""
