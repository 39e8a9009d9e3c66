"""Registration, e-mail verification, password reset, and change of e-mail address."""
