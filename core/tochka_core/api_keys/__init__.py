"""Keys of tenants, by which services use the platform without a person."""
