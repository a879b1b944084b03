"""The ways in: password, second factor, known devices, the throttle."""
