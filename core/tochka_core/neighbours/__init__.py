"""How modules meet each other: what one publishes others are told of, in one transaction."""
