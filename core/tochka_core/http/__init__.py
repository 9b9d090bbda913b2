"""What every request passes through, and the routes that belong to no feature."""
