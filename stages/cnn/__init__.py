"""The PyTorch convolutional network, its data, losses and samplers, and its training."""
