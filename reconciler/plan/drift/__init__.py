"""What drift knows beside the comparison: who made each difference, and what Git has that is not applied yet."""
