"""Short forms of the resources, embedded in the responses of other resources."""
