"""The files between stages: how each is written, so that it is whole or not there, and read again."""
