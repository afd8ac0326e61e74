"""Statistics of validation: pure functions of arrays, a file for each idea."""
