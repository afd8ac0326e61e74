"""Reports that finance prints."""
