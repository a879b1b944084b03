"""The addresses of the API, below /api/.

Routes of other rooms (jobs, import, export) belong into ROOMS: before the general ones, which
take any name for a module.
"""

from django.urls import URLPattern, URLResolver, path

from crm.api.bulk import BulkView
from crm.api.documents import DocumentFileView, DocumentsView, VersionsView
from crm.api.field_files import FIELD_FILES
from crm.api.jobs import ExportView, ImportView, JobActionView, JobFileView, JobView
from crm.api.library import (
    DocumentRestoreView,
    FolderDocumentsView,
    FolderRestoreView,
    FoldersView,
    FolderView,
    LibraryDocumentView,
    LibrarySearchView,
)
from crm.api.propose import ProposeView
from crm.api.records import ActionView, DuplicatesView, HistoryView, ListView, RecordView
from crm.api.saved_views import SavedViewsView, SavedViewView
from crm.api.shares import SharesView, ShareView
from crm.api.views import IndexView, NothingView, SchemaView, ScreenPopView

SHELVES = "v1/library/folders/"
PAPERS = "v1/library/documents/<str:pk>/"
ROOMS: list[URLPattern | URLResolver] = [
    path("v1/jobs/<str:pk>/", JobView.as_view(), name="api-job"),
    path("v1/jobs/<str:pk>/file/", JobFileView.as_view(), name="api-job-file"),
    path("v1/jobs/<str:pk>/cancel/", JobActionView.as_view(action="cancel"), name="api-job-cancel"),
    path("v1/jobs/<str:pk>/undo/", JobActionView.as_view(action="undo"), name="api-job-undo"),
    path("v1/documents/<str:pk>/versions/", VersionsView.as_view(), name="api-document-versions"),
    path("v1/documents/<str:pk>/file/", DocumentFileView.as_view(), name="api-document-file"),
    path(SHELVES, FoldersView.as_view(), name="api-folders"),
    path(f"{SHELVES}<str:pk>/", FolderView.as_view(), name="api-folder"),
    path(f"{SHELVES}<str:pk>/restore/", FolderRestoreView.as_view(), name="api-folder-restore"),
    path(
        f"{SHELVES}<str:pk>/documents/", FolderDocumentsView.as_view(), name="api-folder-documents"
    ),
    path(PAPERS, LibraryDocumentView.as_view(), name="api-library-document"),
    path(f"{PAPERS}restore/", DocumentRestoreView.as_view(), name="api-library-restore"),
    path("v1/library/search/", LibrarySearchView.as_view(), name="api-library-search"),
    *FIELD_FILES,
    path("v1/<str:module>/<str:pk>/documents/", DocumentsView.as_view(), name="api-documents"),
    path("v1/<str:module>/views/", SavedViewsView.as_view(), name="api-views"),
    path("v1/<str:module>/views/<str:pk>/", SavedViewView.as_view(), name="api-view"),
    path("v1/<str:module>/bulk/", BulkView.as_view(), name="api-bulk"),
    path("v1/<str:module>/import/", ImportView.as_view(), name="api-import"),
    path("v1/<str:module>/export/", ExportView.as_view(), name="api-export"),
]
RECORD = "v1/<str:module>/<str:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("v1/", IndexView.as_view(), name="api-index"),
    path("v1/screen-pop/", ScreenPopView.as_view(), name="api-screen-pop"),
    *ROOMS,
    path("v1/<str:module>/", ListView.as_view(), name="api-list"),
    path("v1/<str:module>/duplicates/", DuplicatesView.as_view(), name="api-duplicates"),
    path("v1/<str:module>/propose/", ProposeView.as_view(), name="api-propose"),
    path(RECORD, RecordView.as_view(), name="api-record"),
    path(f"{RECORD}history/", HistoryView.as_view(), name="api-history"),
    path(f"{RECORD}shares/", SharesView.as_view(), name="api-shares"),
    path(f"{RECORD}shares/<str:holder>/", ShareView.as_view(), name="api-share"),
    path(f"{RECORD}actions/<str:action>/", ActionView.as_view(), name="api-action"),
    path("<path:rest>", NothingView.as_view(), name="api-nothing"),
]
