"""Logins that BMCs take: each tried once, and the factory's replaced by the site's. Knows neither Redfish nor IPMI.

lockout   a credential that was refused is not tried again
accounts  the rotation: proven before the old login is given up, put back where it fails
"""
