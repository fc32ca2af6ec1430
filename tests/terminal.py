"""Starting a process as a terminal does."""

import signal


def hear_signals() -> None:
    """For `preexec_fn`: a runner started in the background has its children deaf to Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
