"""What the platform tells people by phone, and who delivers it."""
