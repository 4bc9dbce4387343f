"""Where the functions meet a host, and the command line."""
