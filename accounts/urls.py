"""The addresses of sign-in, of one's own pages and of people, roles and rights."""

from django.urls import path

from accounts.api import TokenView
from accounts.views import door, me
from accounts.views.setup import (
    choice_rules,
    field_life,
    fields,
    formulas,
    index,
    inspector,
    layouts,
    people,
    people_import,
    proof,
    rights,
    roles,
    sign_ins,
    structure,
    viewing,
)

urlpatterns = [
    path("login/", door.login, name="login"),
    path("login/code/", door.login_code, name="login-code"),
    path("logout/", door.sign_out, name="logout"),
    path("password/forgot/", door.password_forgot, name="password-forgot"),
    path("password/reset/<str:token>/", door.password_reset, name="password-reset"),
    path("me/", me.profile, name="me"),
    path("me/preferences/", me.preferences, name="preferences"),
    path("me/tour/", me.tour_over, name="me-tour"),
    path("me/password/", me.password, name="me-password"),
    path("me/second-factor/", me.second_factor_page, name="me-second-factor"),
    path("me/sessions/", me.sessions, name="me-sessions"),
    path("me/tokens/", me.tokens, name="me-tokens"),
    path("api/v1/auth/token/", TokenView.as_view(), name="auth-token"),
    path("setup/", index.index, name="setup"),
    path("setup/people/", people.people_list, name="setup-people"),
    path("setup/people/import/", people_import.people_import, name="setup-people-import"),
    path("setup/people/new/", people.person_new, name="setup-person-new"),
    path("setup/people/<int:pk>/", people.person, name="setup-person"),
    path("setup/people/<int:pk>/view/", viewing.view_as_person, name="setup-view-person"),
    path("setup/people/<int:pk>/<slug:act>/", people.person_act, name="setup-person-act"),
    path("setup/departments/", structure.departments, name="setup-departments"),
    path("setup/departments/new/", structure.department_form, name="setup-department-new"),
    path("setup/departments/<int:pk>/", structure.department_form, name="setup-department"),
    path(
        "setup/departments/<int:pk>/delete/",
        structure.department_delete,
        name="setup-department-delete",
    ),
    path("setup/teams/", structure.departments, name="setup-teams"),
    path("setup/teams/new/", structure.team_form, name="setup-team-new"),
    path("setup/teams/<int:pk>/", structure.team_form, name="setup-team"),
    path("setup/positions/", structure.positions, name="setup-positions"),
    path("setup/positions/<int:pk>/", structure.positions, name="setup-position"),
    path(
        "setup/positions/<int:pk>/delete/", structure.position_delete, name="setup-position-delete"
    ),
    path("setup/roles/", rights.rights, name="setup-roles"),
    path("setup/roles/new/", roles.role_new, name="setup-role-new"),
    path("setup/roles/<slug:name>/", rights.rights, name="setup-role"),
    path("setup/roles/<slug:name>/view/", viewing.view_as_role, name="setup-view-role"),
    path("view-as/leave/", viewing.leave, name="view-as-leave"),
    path("setup/roles/<slug:name>/edit/", roles.role_edit, name="setup-role-edit"),
    path("setup/roles/<slug:name>/delete/", roles.role_delete, name="setup-role-delete"),
    path("setup/fields/", fields.index, name="setup-fields-index"),
    path("setup/fields/<slug:module>/", fields.field_list, name="setup-fields"),
    path("setup/fields/<slug:module>/new/", fields.field_new, name="setup-field-new"),
    path("setup/fields/<slug:module>/formula/", formulas.formula_check, name="setup-formula"),
    path("setup/fields/<slug:module>/<int:pk>/", fields.field_edit, name="setup-field"),
    path(
        "setup/fields/<slug:module>/<int:pk>/choices/",
        choice_rules.choice_rule,
        name="setup-choice-rule",
    ),
    path(
        "setup/fields/<slug:module>/<int:pk>/delete/",
        fields.field_delete,
        name="setup-field-delete",
    ),
    path(
        "setup/fields/<slug:module>/<int:pk>/life/", field_life.field_life, name="setup-field-life"
    ),
    path(
        "setup/fields/<slug:module>/<int:pk>/restore/",
        field_life.field_restore,
        name="setup-field-restore",
    ),
    path("setup/layouts/", layouts.index, name="setup-layouts-index"),
    path("setup/layouts/<slug:module>/", layouts.layouts, name="setup-layouts"),
    path("setup/inspector/", inspector.inspector, name="setup-inspector"),
    path("setup/proof/", proof.proof, name="setup-proof"),
    path("setup/sign-ins/", sign_ins.sign_ins, name="setup-sign-ins"),
]
