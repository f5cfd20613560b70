"""Logins that BMCs take: lockout, a credential that was refused is not tried again. Knows neither Redfish nor IPMI."""
