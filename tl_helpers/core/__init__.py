"""What every room stands on: errors, files, checks, output."""
