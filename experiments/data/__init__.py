"""The data sets that are shipped, how they were made, and their licences."""
