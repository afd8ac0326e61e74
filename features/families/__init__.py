"""The feature definitions, one file per family."""
