"""From a study to stored traces: plan, store, backends, and the loop that ties them."""
