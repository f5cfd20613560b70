"""How we speak to BMCs: scan, Redfish, IPMI."""
