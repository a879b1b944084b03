"""Addresses that the app has besides those of every module."""

from django.urls import path

from sales.contacts.views import reporting_lines
from sales.feed import views as feed
from sales.life import moves, setup

urlpatterns = [
    path("customers/<int:pk>/people/", reporting_lines, name="reporting-lines"),
    path("feed/", feed.feed_page, name="feed"),
    path("customers/<int:pk>/follow/", feed.follow_customer, name="follow"),
    path("customers/stages/", moves.moves_page, name="stage-moves"),
    path("customers/<int:pk>/stage/release/", moves.release_stage, name="stage-release"),
    path("setup/stages/", setup.rule_list, name="setup-stages"),
    path("setup/stages/run/", setup.run_again, name="setup-stages-run"),
    path("setup/stages/new/", setup.rule_page, name="setup-stage-new"),
    path("setup/stages/<int:pk>/", setup.rule_page, name="setup-stage"),
    path("setup/stages/<int:pk>/switch/", setup.rule_switch, name="setup-stage-switch"),
    path("setup/stages/<int:pk>/up/", setup.rule_up, name="setup-stage-up"),
    path("setup/stages/<int:pk>/delete/", setup.rule_delete, name="setup-stage-delete"),
]
