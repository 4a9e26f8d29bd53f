"""Rows of the user's own: files named on the command line, read, checked and told apart."""
