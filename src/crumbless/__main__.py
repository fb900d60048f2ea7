"""`python -m crumbless` is the `crumbless` command."""

from crumbless.cli.main import main

main()
