"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from crm.modules.registry import UnknownModule, module_named
from crm.views import (
    activity,
    audit,
    bin,
    board,
    builder,
    bulk,
    bulk_edit,
    bulk_jobs,
    calendar,
    choice_merging,
    company,
    detail,
    dictionaries,
    documents,
    doubles,
    edit,
    exchange,
    exports,
    field_files,
    fields,
    files,
    finding,
    health,
    history,
    home,
    installable,
    jobs,
    library,
    library_acts,
    library_rights,
    lists,
    merging,
    metrics,
    moving,
    operation,
    proposing,
    quick,
    saved_views,
    sharing,
    timeline,
)  # fmt: skip


class ModuleConverter:
    """The name of a module; anything else is no address of ours."""

    regex = "[a-z][a-z0-9-]*"

    def to_python(self, value: str) -> str:
        """The name, if a module has it."""
        try:
            return module_named(value).name
        except UnknownModule:
            raise ValueError from None

    def to_url(self, value: str) -> str:
        """The name itself."""
        return value


class RecordConverter:
    """The id of a record: at most 18 digits."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """The id as a number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """The id as text."""
        return str(value)


register_converter(ModuleConverter, "module")
register_converter(RecordConverter, "record")

record_urls: list[URLPattern | URLResolver] = [
    path("", detail.record_page, name="record"),
    path("documents/", documents.upload, name="documents"),
    path("peek/", detail.peek, name="peek"),
    path("edit/", edit.edit_record, name="edit"),
    path("move/", moving.move, name="move"),
    path("history/", history.record_history, name="history"),
    path("restore/", bin.restore, name="restore"),
    path("shares/", sharing.shares, name="shares"),
    path("shares/again/", sharing.share_again, name="share-again"),
    path("shares/<slug:holder>/take-back/", sharing.take_back, name="share-take-back"),
    path("follow-up/", timeline.log_follow_up, name="log-follow-up"),
    path("fields/<slug:name>/", fields.field_shown, name="field"),
    path("fields/<slug:name>/edit/", fields.field_edited, name="field-edit"),
    path("fields/<slug:name>/show/", fields.field_uncovered, name="field-show"),
]
module_urls: list[URLPattern | URLResolver] = [
    path("", lists.record_list, name="list"),
    path("board/", board.board, name="board"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("filter/", builder.filter_builder, name="filter"),
    path("new/", edit.new_record, name="new"),
    path("new/quick/", quick.quick_record, name="quick"),
    path("duplicates/", edit.check_duplicates, name="duplicates"),
    path("bulk/edit/", bulk_edit.bulk_edit, name="bulk-edit"),
    path("propose/", proposing.propose_record, name="propose"),
    path("bulk/assign/", bulk.bulk_assign, name="bulk-assign"),
    path("bulk/share/", bulk.bulk_share, name="bulk-share"),
    path("bulk/delete/", bulk.bulk_delete, name="bulk-delete"),
    path("bulk/tag/", bulk_edit.bulk_tag, name="bulk-tag"),
    path("merge/", merging.merge_page, name="merge"),
    path("doubles/", doubles.doubles_page, name="doubles"),
    path("doubles/apart/", doubles.doubles_apart, name="doubles-apart"),
    path("doubles/<uuid:act>/undo/", doubles.doubles_again, name="doubles-again"),
    path("views/", saved_views.saved_views, name="views"),
    path("views/start/", saved_views.view_started, name="view-plain-start"),
    path("views/<record:pk>/", saved_views.saved_view, name="view"),
    path("views/<record:pk>/save/", saved_views.view_saved, name="view-save"),
    path("views/<record:pk>/start/", saved_views.view_started, name="view-start"),
    path("views/<record:pk>/delete/", saved_views.view_deleted, name="view-delete"),
    path("views/<record:pk>/restore/", saved_views.view_restored, name="view-restore"),
    path("import/", exchange.import_start, name="import"),
    path("import/template/", exchange.import_template, name="import-template"),
    path("import/<record:pk>/", exchange.import_page, name="import-page"),
    path("import/<record:pk>/undo/", exchange.import_undo, name="import-undo"),
    path("export/", exports.export_page, name="export"),
    path("<record:pk>/", include(record_urls)),
]
library_urls: list[URLPattern | URLResolver] = [
    path("", library.shelf, name="library"),
    path("new/", library_acts.new_folder, name="library-new"),
    path("bin/", library_acts.library_bin, name="library-bin"),
    path("<record:pk>/", library.shelf, name="folder"),
    path("<record:pk>/new/", library_acts.new_folder, name="folder-new"),
    path("<record:pk>/documents/", library.upload, name="folder-documents"),
    path("<record:pk>/edit/", library_acts.renamed, name="folder-edit"),
    path("<record:pk>/move/", library_acts.moved, name="folder-move"),
    path("<record:pk>/rights/", library_rights.rights, name="folder-rights"),
    path("<record:pk>/zip/", library.zipped, name="folder-zip"),
    path("<record:pk>/delete/", library_acts.deleted, name="folder-delete"),
    path("<record:pk>/restore/", library_acts.restored, name="folder-restore"),
]
urlpatterns = [
    path("", home.home, name="home"),
    path("", include("accounts.urls")),
    path("", include("sales.urls")),
    path("api/", include("crm.api.urls")),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.service_worker, name="service-worker"),
    path("offline/", installable.offline, name="offline"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("palette/", finding.palette, name="palette"),
    path("search/", finding.search_page, name="search"),
    path("lookup/any/", finding.lookup, {"module": "any"}, name="lookup-any"),
    path("lookup/<module:module>/", finding.lookup, name="lookup"),
    path("setup/operation/", operation.operation, name="setup-operation"),
    path("setup/company/", company.company, name="setup-company"),
    path("setup/audit/", audit.audit_log, name="audit"),
    path("setup/dictionaries/", dictionaries.dictionaries, name="dictionaries"),
    path("setup/dictionaries/<slug:name>/", dictionaries.dictionaries, name="dictionary"),
    path("files/fields/<record:pk>/", field_files.field_file, name="field-file"),
    path("files/fields/<record:pk>/preview/", field_files.preview, name="field-file-preview"),
    path(
        "files/fields/<record:pk>/preview/<record:page>/",
        field_files.preview_page,
        name="field-file-page",
    ),
    path("files/fields/new/<str:module>/<str:name>/", field_files.upload, name="field-file-new"),
    path("files/<record:pk>/", files.attachment, name="attachment"),
    path("documents/<record:pk>/", documents.download, name="document"),
    path("documents/<record:pk>/versions/", documents.versions, name="document-versions"),
    path(
        "documents/<record:pk>/preview/<record:page>/",
        documents.preview_page,
        name="document-preview",
    ),
    path("documents/<record:pk>/edit/", documents.describe, name="document-edit"),
    path("documents/<record:pk>/current/", documents.use, name="document-current"),
    path("documents/<record:pk>/delete/", documents.delete, name="document-delete"),
    path("documents/<record:pk>/restore/", documents.restore, name="document-restore"),
    path("documents/<record:pk>/move/", library_acts.document_moved, name="document-move"),
    path("library/", include(library_urls)),
    path("merges/<record:pk>/undo/", merging.merge_undone, name="merge-undo"),
    path("bin/", bin.bin_page, name="bin"),
    path("bin/erase/", bin.erase, name="erase"),
    path(
        "setup/dictionaries/<slug:name>/merge/<record:pk>/",
        choice_merging.merge_choice,
        name="setup-choice-merge",
    ),
    path(
        "setup/dictionaries/<slug:name>/merge/undo/<record:pk>/",
        choice_merging.undo_merged_choice,
        name="setup-choice-merge-undo",
    ),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<record:pk>/", bulk_jobs.job_page, name="job"),
    path("jobs/<record:pk>/undo/", bulk_jobs.job_undo, name="job-undo"),
    path("jobs/<record:pk>/card/", jobs.job_card, name="job-card"),
    path("jobs/<record:pk>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("jobs/<record:pk>/away/", jobs.job_away, name="job-away"),
    path("jobs/<record:pk>/file/", jobs.job_file, name="job-file"),
    path("follow-ups/team/", activity.team_activity, name="team-activity"),
    path("<module:module>/", include(module_urls)),
]
handler404 = "crm.views.refusals.page_not_found"
handler403 = "crm.views.refusals.permission_denied"
handler500 = "crm.views.refusals.server_error"
