"""`python -m crumbless` is the `crumbless` command."""

from crumbless.cli import main

main()
