"""What xlwings Server offers as custom functions: the registry, and nothing else."""

from tokenbook.addin.server.functions import custom_functions

globals().update(custom_functions())
