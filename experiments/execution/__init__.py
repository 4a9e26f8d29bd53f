"""From a study to stored traces: plan, store, executor, and the loop that ties them."""
