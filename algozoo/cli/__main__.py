"""``python -m algozoo.cli`` is the ``algozoo`` command."""

from algozoo.cli import main

if __name__ == "__main__":
    main()
