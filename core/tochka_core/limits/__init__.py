"""How much of what modules bound each tenant uses, and how much it may."""
