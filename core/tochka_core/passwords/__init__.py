"""Passwords: which are accepted, how they are kept, and how they are changed."""
