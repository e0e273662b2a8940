"""What all pictures share. They are drawn by matplotlib without a screen: PNG, the same bytes every time."""
