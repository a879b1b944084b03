"""The app at a glance: its modules in menu order, and what it adds to others' pages."""

from django.utils.translation import gettext_lazy as _

from crm.modules.module import Index, Part
from crm.records.followers import follow_merges
from sales.contacts.module import Contacts
from sales.customers.module import Customers
from sales.feed.carrying import carry_followers, take_back_followers
from sales.feed.views import feed_block
from sales.fixtures.dictionaries import labels
from sales.life.carrying import carry_moves, take_back_moves

follow_merges("feed", carry_followers, take_back_followers)
follow_merges("stages", carry_moves, take_back_moves)
INDEX = Index(label=_("Sales"), modules=[Customers, Contacts])
PARTS = {
    "customers": [
        Part("contacts", "customer", _("Contacts"), ("name", "job", "part", "phones"), "people/")
    ]
}
DICTIONARIES = labels()
HOME_BLOCKS = [feed_block]
SETUP_TILES = [
    (
        "setup-stages",
        "target",
        _("Stages by rule"),
        _("When a customer becomes new, loyal, sleeping or lost"),
    )
]
