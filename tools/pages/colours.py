"""Colours and dashes by which lines on the pages are told apart."""

# Okabe and Ito's colours without yellow and black, one of which is invisible on a light or on a dark ground; gray and
# violet can be seen on both.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#808080", "#8A63D2")
# Their number has no divisor in common with that of the colours: 40 variants look different.
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [12, 4])
