"""Files that stations of every version transfer: logs they upload, firmware they fetch."""
