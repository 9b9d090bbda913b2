"""The processes that serve: one supervisor, and workers that it replaces without a gap."""
