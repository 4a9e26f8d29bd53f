"""From summaries to files: figures, tables, pages and what the terminal shows."""
