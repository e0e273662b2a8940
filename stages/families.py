"""The two families of networks, and what people call them."""

TITLES = {"dnn": "Digits: fully connected networks in NumPy", "cnn": "Masks: convolutional networks in PyTorch"}
