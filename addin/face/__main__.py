"""``python -m tokenbook`` is the command."""

from tokenbook.addin.cli import main

main()
