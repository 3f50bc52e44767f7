"""What roles give, which of them Azure has built in, and which an identity holds."""
