"""Which policy is active, who made it so, and why."""
