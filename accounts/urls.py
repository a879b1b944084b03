"""The addresses of sign-in, of one's own pages and of people, roles and rights."""

from django.urls import path

from accounts.api import TokenView
from accounts.views import door, me

urlpatterns = [
    path("login/", door.login, name="login"),
    path("login/code/", door.login_code, name="login-code"),
    path("logout/", door.sign_out, name="logout"),
    path("password/forgot/", door.password_forgot, name="password-forgot"),
    path("password/reset/<str:token>/", door.password_reset, name="password-reset"),
    path("me/", me.profile, name="me"),
    path("me/preferences/", me.preferences, name="preferences"),
    path("me/password/", me.password, name="me-password"),
    path("me/second-factor/", me.second_factor_page, name="me-second-factor"),
    path("me/sessions/", me.sessions, name="me-sessions"),
    path("me/tokens/", me.tokens, name="me-tokens"),
    path("api/v1/auth/token/", TokenView.as_view(), name="auth-token"),
]
