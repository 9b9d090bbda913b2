"""Secrets that have to be read again, kept unreadable in the database."""
