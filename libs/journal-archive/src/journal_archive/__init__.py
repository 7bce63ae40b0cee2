"""The reader of a journal's archive: what a ZIP file lists, and each entry as what a journal takes."""
