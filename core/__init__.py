"""What all parts of Wayhome share: the words (model), the tables (store) and the ground (runtime)."""
