"""What people do with published recipes: compare, star, comment."""
