"""What a look-up may end in, beside an answer: `NoAnswer` is all there is."""


class NoAnswer(Exception):
    """The servers that would know did not answer, or said that they cannot answer now.

    Raise it where asking later may give an answer. A name that does not exist is an answer.
    """
