"""People and companies of a tenant."""
