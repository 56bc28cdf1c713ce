"""The portal's composite answers, assembled from the queries of the resources."""
