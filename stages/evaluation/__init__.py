"""What every variant is evaluated by: figures with intervals, tables, pictures, and comparisons."""
