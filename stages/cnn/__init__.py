"""The convolutional networks in PyTorch: the report's, and a small residual one; their training and their use."""
