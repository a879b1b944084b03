"""Which adapter stands for which address, job, command and task; the rest with its reason.

A new address that stands nowhere here fails the build (test_registry.py).
"""

from __future__ import annotations

COVERS = {
    "list": "list", "filter": "filters",
    "record": "record", "peek": "peek", "edit": "edit", "field": "fields",
    "field-edit": "fields", "field-show": "uncover", "new": "new", "quick": "new",
    "history": "history",
    "duplicates": "duplicates", "propose": "duplicates",
    "api-propose": "duplicates", "api-bulk": "bulk",
    "bulk-assign": "bulk", "bulk-delete": "bulk", "bin": "bin",
    "bulk-tag": "bulk edit", "restore": "bin", "erase": "bin", "palette": "palette",
    "search": "search", "lookup": "lookup", "lookup-any": "lookup", "home": "home",
    "team-activity": "team activity", "audit": "audit", "reporting-lines": "parent",
    "log-follow-up": "follow-up logged", "attachment": "attachment", "field-file": "field files",
    "field-file-preview": "field files", "field-file-page": "field files",
    "field-file-new": "field files",
    "api-field-file": "field files", "api-field-files": "field files", "api-list": "api list",
    "api-record": "api record", "api-history": "api history", "api-duplicates": "api writes",
    "api-action": "api writes", "api-index": "api index", "api-schema": "api index",
    "api-screen-pop": "screen pop", "import": "import", "import-template": "import",
    "import-page": "import", "import-undo": "import", "job-cancel": "import", "job-away": "import",
    "api-import": "import", "api-job-cancel": "import", "api-job-undo": "import",
    "export": "export csv", "jobs": "export csv", "job-card": "export csv",
    "job-file": "export csv", "api-export": "export csv", "api-job": "export csv",
    "api-job-file": "export csv", "dictionaries": "setup", "dictionary": "setup", "me": "me",
    "documents": "documents", "document": "documents", "document-versions": "documents",
    "document-edit": "documents", "document-preview": "documents", "document-current": "documents",
    "api-documents": "documents", "api-document-versions": "documents",
    "api-document-file": "documents", "document-delete": "documents",
    "document-restore": "documents", "document-move": "library",
    "stage-moves": "stage moves", "stage-release": "stage moves", "feed": "feed", "follow": "feed",
    "merge": "merge", "merge-undo": "merge",
    "doubles": "merge", "doubles-apart": "merge", "doubles-again": "merge",
    "views": "saved views", "view": "saved views", "view-save": "saved views",
    "view-start": "saved views", "view-plain-start": "saved views", "view-delete": "saved views",
    "view-restore": "saved views", "api-views": "saved views", "api-view": "saved views",
    "board": "board", "calendar": "calendar", "move": "board",
    "bulk-edit": "bulk edit", "job": "bulk edit", "job-undo": "bulk edit",
    "shares": "shares", "bulk-share": "bulk", "share-again": "shares", "share-take-back": "shares",
    "api-shares": "shares", "api-share": "shares",
}  # fmt: skip
# Whole families of addresses.
COVERS_STARTS = {
    "library": "library", "folder": "library", "api-folder": "library", "api-library": "library",
    "me-": "me", "setup": "setup",
}  # fmt: skip
JOBS = {
    "export": "export csv",
    "import": "import",
    "rekey": "setup",
    "edit": "bulk edit",
    "assign": "bulk",
    "delete": "bin",
    "share": "bulk",
    "convert": "setup",
    "choices": "setup",
    "index": "setup",
    "unique": "setup",
    "prove": "setup",
}
COMMANDS = {
    "add_administrator": "makes a person",
    "background": "pauses or releases the background, no records",
    "backup": "writes everything to a file that its owner alone may open, prints counts",
    "demo": "fills a database, prints counts",
    "generate": "fills a database, prints counts",
    "import_people": "reads a file of people, prints counts",
    "prove_rights": "tells where something leaked by module, id and field, no record's values",
    "reindex": "writes what records are found by, prints counts",
    "restore": "reads a backup into an empty database, prints counts",
    "rights": "shows rights, no record's values",
}
TASKS = {
    "accounts.tasks": "sessions and sign-in mails, no records",
    "crm.documents.tasks": "clears the bin, draws previews, tells nobody",
    "crm.jobs.tasks": "runs the jobs of JOBS",
    "crm.operation.tasks": "a pulse: the name of a worker and a time",
    "sales.tasks": "moves customers between stages, tells nobody",
}
EXEMPT = {
    "view-as-leave": "ends the viewing as somebody else and leads to the setup",
    "manifest": "open to anybody: name, colours and icons of the product",
    "service-worker": "open to anybody: a script with the names of style sheets",
    "offline": "open to anybody: two sentences for times without network",
    "healthz": "open to anybody: one word",
    "readyz": "open to anybody: one word for the database and the broker",
    "metrics": "numbers of the product, by token or from this machine: no label names a record",
    "api-nothing": "404 for every address that is none",
    "auth-token": "before sign-in: takes a password, gives a token",
    "preferences": "takes language, theme and density by POST; answers with nothing",
}
EXEMPT_STARTS = {
    "login": "before sign-in",
    "logout": "ends the session and leads to the sign-in page",
    "password-": "before sign-in",
}
