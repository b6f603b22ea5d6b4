"""`python -m maquette` is the `maquette` command."""

from maquette.cli import main

if __name__ == "__main__":
    main()
