"""Which of two settings of a neural network converges faster, by how much, and why."""
