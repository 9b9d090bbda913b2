"""A second proof of who somebody is: codes of an authenticator app, and recovery codes."""
