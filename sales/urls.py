"""Addresses that the app has besides those of every module."""

from django.urls import path

from sales.contacts.views import reporting_lines

urlpatterns = [path("customers/<int:pk>/people/", reporting_lines, name="reporting-lines")]
