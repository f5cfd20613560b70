"""metalctl takes servers from "racked and cabled" to "accepted by the cloud", with evidence."""

__version__ = "0.1.0"
