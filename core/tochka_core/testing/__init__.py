"""The test kit for authors of modules, which pytest loads in every session: this file is empty.

plugin      what pytest is told: fixtures and options; imports nothing of the rest
stage       the application on a database, made once for a session
├── choosing    which modules are under test
├── servers     the PostgreSQL: a private one, or the one that was given
├── building    a database as the migrations build it
├── cleaning    the same again for each test, within milliseconds
└── transport   requests, handed to the thread of the application
platform    what a test gets: `tochka_plugins.testing.Tochka`
└── clock       another moment, in Python and in the database
"""
