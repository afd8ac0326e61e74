"""What keeps the house: documents written from the code, and doors to other programs."""
