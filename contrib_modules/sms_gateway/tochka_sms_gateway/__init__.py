"""Delivers codes and notices to phones through an HTTP gateway."""
