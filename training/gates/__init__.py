"""The gates that a model passes before it grades: a file per group."""
