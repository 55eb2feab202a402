"""`python -m web.cli` is `huiyin`."""

from web.cli import main

if __name__ == "__main__":
    main()
