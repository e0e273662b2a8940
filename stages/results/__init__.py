"""What every variant is judged by: metrics, confusion matrices, curves and pictures."""
