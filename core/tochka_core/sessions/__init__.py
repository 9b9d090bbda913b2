"""Where people are signed in: a session for each device, kept alive by its refresh tokens."""
