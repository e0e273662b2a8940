"""What the data hide: duplicates within and across the split, labels that disagree, sizes and counts."""
