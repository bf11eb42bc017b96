"""Import and export of a town: units, people, grid cells and sites."""
