"""Disks that fail: what the tests of saving and of refreshing let happen at each system call."""

import errno
import os

CALLS = ("open", "write", "fchmod", "fsync", "close", "link", "replace", "utime", "unlink")
# Calls whose failure is no fault of the file: what its backup is made of, and the date of a backup that is a copy.
MAY_FAIL_IN_SILENCE = ("link", "utime")


class Fault:
    """Lets the n-th of the system calls that touch the disk do something else; counts them all."""

    def __init__(self, monkeypatch, fail_at, action):
        self.calls, self.fail_at, self.action, self.failed = 0, fail_at, action, None
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name, original):
        def call(*arguments, **options):
            self.calls += 1
            if self.calls == self.fail_at:
                self.failed = name
                self.action(name, original, arguments)
            return original(*arguments, **options)

        return call


def no_hard_links(monkeypatch):
    """A disk that cannot give a file two names, such as a memory stick or some network folders."""

    def refuse(*_, **__):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)


def half_done_then(error):
    """An action that lets a write get half way before it fails."""

    def act(name, original, arguments):
        _half(name, original, arguments)
        if name == "close":
            original(*arguments)
        raise error

    return act


def half_done_then_die(name, original, arguments):
    """The action of a process that is killed, without any clean-up."""
    _half(name, original, arguments)
    os._exit(9)


def _half(name, original, arguments):
    if name == "write":
        original(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
