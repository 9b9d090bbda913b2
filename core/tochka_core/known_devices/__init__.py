"""Devices that somebody has signed in from: strangers' guesses do not keep them out."""
