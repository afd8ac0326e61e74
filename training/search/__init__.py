"""A search for the trees' settings, on the fit window and nothing else."""
