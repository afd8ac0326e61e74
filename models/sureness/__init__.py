"""How sure a probability is: its interval, the chance of each grade, the fact to look up next."""
