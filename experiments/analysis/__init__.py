"""From traces to verdicts: measures, inference, claims and summaries."""
