"""ARM's front door: which route a request takes, who asks, and the form of answers, pages and errors."""
