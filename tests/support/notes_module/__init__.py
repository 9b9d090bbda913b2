"""A small module for tests: one tenant table, one platform table, and routes that misbehave."""
