"""`python -m tradegrade`: the same as the command `tradegrade`."""

from tradegrade.cli import main

main()
