"""What is wrong or doubtful in a recipe that can be read, one kind of check a file."""
