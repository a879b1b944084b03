"""The addresses that are no page to walk through, each with its reason; the rest stand in walk.py.

tests/house/test_pages_walked.py compares both with the product: a page that is nowhere fails.
"""

from __future__ import annotations

PART = "a part that another page asks for, seen on that page"
SENT = "takes what is sent and leads to a page"
FILE = "a file, not a page"
MACHINE = "read by machines"
QUESTION = "one field in the dialog that moving a folder shows, which is walked"
LATER = "opens only after long work has run: seen by the tests that run it"

NOT_WALKED = {
    **dict.fromkeys(
        ["field", "filter", "job-card", "lookup", "lookup-any", "palette", "peek", "quick",
         "setup-formula"], PART
    ),
    **dict.fromkeys(
        ["document-current", "document-delete", "document-edit", "document-restore", "documents",
         "doubles-again", "doubles-apart", "duplicates", "field-file-new", "field-show",
         "folder-delete", "folder-documents", "folder-restore", "follow", "import-undo", "job-away",
         "job-cancel", "job-undo", "log-follow-up", "logout", "me-tour", "merge-undo",
         "move", "preferences", "propose", "restore", "setup-person-act", "setup-position-delete",
         "setup-role-delete", "setup-stage-up", "setup-stages-run", "setup-view-person",
         "setup-view-role", "share-again", "share-take-back", "stage-release", "view-as-leave",
         "view-delete", "view-plain-start", "view-restore", "view-save", "view-start"], SENT
    ),
    **dict.fromkeys(
        ["attachment", "document", "field-file", "field-file-page", "document-preview",
         "folder-zip", "import-template", "job-file"], FILE
    ),
    "setup-field-restore": SENT,
    "setup-choice-merge-undo": SENT,
    **dict.fromkeys(["auth-token", "healthz", "manifest", "metrics", "readyz", "service-worker"],
        MACHINE),
    **dict.fromkeys(["import-page", "job"], LATER),
    **dict.fromkeys(["document-move", "folder-edit", "folder-new", "library-new"], QUESTION),
    "erase": "the bin's question before it is emptied, in the same dialog as deleting",
    "field-edit": "in a page of its own it is the whole form, which is walked",
    "login-code": "only after a password, with a second factor: tests/accounts/ signs in there",
}  # fmt: skip
