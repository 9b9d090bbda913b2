"""The FastAPI template that people begin with, finished as its author would have.

Its layers and its tenant middleware are kept; sign-in by JWT and a table of contacts, which it
leaves to its user, are written in the same manner. All libraries are current, and uvicorn runs on
uvloop and httptools.
"""
