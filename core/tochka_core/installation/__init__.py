"""Changing the environment of a platform that runs: proven before, undone when it fails.

`pip` resolves and installs, `proof` judges the result before anything is touched, `snapshot` puts
the environment back, and `change` goes through all of it in order.
"""
