"""What people use: readers of events that show them, and answer what a run asks a person."""
