"""Changing the environment of a platform that runs: proven before, undone when it fails.

`pip` resolves and installs, `proof` judges the result before anything is touched, `snapshot` puts
files back, `environment` lets one change go on at a time, and `change` goes through all in order.
"""
