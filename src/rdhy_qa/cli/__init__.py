"""The command line, one module a command group. What is heavy is imported inside the commands."""

from rdhy_qa.cli.app import main

__all__ = ["main"]
