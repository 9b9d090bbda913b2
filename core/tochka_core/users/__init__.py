"""People: who may sign in."""
