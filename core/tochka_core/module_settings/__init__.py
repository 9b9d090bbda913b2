"""What tenants set for the modules that they have, and what modules get of it."""
