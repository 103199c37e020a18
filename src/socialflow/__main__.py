"""`python -m socialflow` is the `socialflow` command."""

from socialflow.doors.cli.app import main

if __name__ == "__main__":
    main()
