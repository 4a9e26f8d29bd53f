"""Two reports, two folders of reports or two stores of runs, side by side."""
