"""Other ways to tell defaults, beside the one that is shipped, on the same rows."""
