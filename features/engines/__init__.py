"""What differs between the engines that compute snapshots, one file per engine."""
