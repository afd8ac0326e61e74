"""What would bring a customer to a better grade, over HTTP and for the pages."""
