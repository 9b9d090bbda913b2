"""Tells a tenant's own servers what happens, by signed webhooks."""
