"""What every command shares: arguments, errors, and work on several processors."""
