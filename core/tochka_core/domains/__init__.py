"""The domains of tenants: claimed, proven, and kept by whoever has proven them."""
