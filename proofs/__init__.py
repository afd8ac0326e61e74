"""Long runs that try to break what the house promises: kills, here; fuzz and load to come."""
