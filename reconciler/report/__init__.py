"""Plans, results, journals and checkups in words and as JSON; the same rows for every form."""
