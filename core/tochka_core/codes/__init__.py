"""Codes that prove who holds a phone: six digits, good once, for ten minutes."""
