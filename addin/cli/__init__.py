"""The ``tokenbook`` command.

Only declarations stand here, a module for each group of commands: what a command does (``addin/commands``) is imported
when it is called, so that ``--help`` answers at once. ``program`` puts the groups together and runs one.
"""

from tokenbook.addin.cli.program import app as app
from tokenbook.addin.cli.program import main as main
from tokenbook.addin.cli.program import run as run
