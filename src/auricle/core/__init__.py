"""What every room uses: errors, files, configuration, processes."""
