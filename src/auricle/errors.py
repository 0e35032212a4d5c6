"""The one exception that stands for a user's mistake or a fault of the outside world."""


class AuricleError(Exception):
    """Something came from outside that cannot be used; shown in one line, without a traceback.

    The message names the value that came, what was wanted and the remedy.
    """
