"""Lets ``python -m rdhy_qa`` do what ``rdhy-qa`` does."""

from rdhy_qa.cli import main

if __name__ == "__main__":
    main()
