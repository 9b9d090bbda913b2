"""A module to begin with: a whole distribution, made of the template beside this file."""
