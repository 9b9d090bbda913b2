"""A tenant as one file: written out of one installation, and taken into another."""
