"""`python -m tochka_core` is the command `tochka`."""

from tochka_core.cli import main

if __name__ == "__main__":
    main()
