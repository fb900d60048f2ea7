"""The command line. main.py declares the commands."""
