"""HTTP concerns that know no resource."""
