"""The product on one's own machine: `make run`."""

from crm.settings.base import *  # noqa: F403  Django's settings modules are made to be layered

DEMO = True
