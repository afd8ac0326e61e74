"""How a model comes to be: outcomes, fitting, validation, and the record of each run."""
