"""Programs that set this project up."""
