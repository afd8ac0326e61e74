"""What finance sees: pages drawn by the server, in Chinese and in English."""
