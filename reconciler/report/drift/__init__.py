"""What is reported of drift alone: who made each difference, and the numbers that an alert is made of."""
