"""What tenants have bought, and what it opens to them, at the moment of each request."""
