"""Signing in: passwords, tokens, and the person behind a request."""
