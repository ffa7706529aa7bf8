"""High availability, tried on three database hosts in network namespaces: make torture-ha."""
