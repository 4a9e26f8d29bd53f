"""What PyTorch has for each row of the tables, and how far the two lie apart."""
