"""The library over the API: folders, documents, versions, under the rights of its pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.kernel.api_calls import Api, told
from tests.kernel.test_library import folder, person


@pytest.fixture
def tree(cast, own_files):
    """open (all read, owner adds) / inner, secret (outsider only) / deep (all read)."""
    tree = {"open": folder(cast, "open", rights={"everyone": 1, person(cast.owner): 2})}
    tree["inner"] = folder(cast, "inner", tree["open"])
    tree["secret"] = folder(cast, "secret", tree["open"], {person(cast.outsider): 1})
    folder(cast, "deep", tree["secret"], {"everyone": 1})
    return tree


def test_programs_keep_folders_and_documents(cast, tree):
    admin, owner, stranger = Api(cast.administrator), Api(cast.owner), Api(cast.stranger)
    made = admin.post("library/folders/", {"name": "api", "parent": tree["open"]})
    pk = made.json()["id"]
    assert (made.status_code, made.json()["level"]) == (201, "manage")
    url = f"library/folders/{pk}/"
    rights = {"everyone": "read", f"person-{cast.owner.pk}": "add"}
    assert admin.patch(url, {"rights": rights}).json()["rights"] == rights
    told(admin.patch(url, {"rights": {"everyone": "all"}}), 400)
    told(admin.patch(url, {"name": "x", "parent": pk}), 400)
    assert "rights" not in owner.get(url).json()
    sent = {
        "method": "POST", "path": f"{url}documents/", "content_type": MULTIPART_CONTENT,
        "data": encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("价格.txt", b"12")}),
    }  # fmt: skip
    document = owner.call(**sent).json()["id"]
    told(stranger.call(**sent), 403)
    told(Api(cast.owner, modules=["customers"]).call(**sent), 403)
    told(Api(cast.owner, scope="read").call(**sent), 403)
    again = {**sent, "path": f"documents/{document}/versions/"}
    assert owner.call(**again).json()["is_new"] is False
    assert [one["size"] for one in stranger.get(f"{url}documents/").json()["results"]] == [2]
    hits = stranger.get("library/search/?q=jiage").json()
    assert [one["id"] for one in hits["documents"]] == [document]
    paper = f"library/documents/{document}/"
    changed = owner.patch(paper, {"name": "price", "folder": tree["inner"]}).json()
    assert (changed["name"], changed["folder"]) == ("price.txt", tree["inner"])
    part = stranger.call("GET", f"documents/{document}/file/", range="bytes=1-")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"2")
    told(stranger.delete(paper), 403)
    assert owner.delete(paper).status_code == 204
    assert owner.post(f"{paper}restore/").status_code == 200
    assert admin.delete(url).status_code == 204
    told(admin.get(url), 404)
    assert admin.post(f"{url}restore/").json()["name"] == "api"


def test_security_21_for_programs_a_folder_out_of_reach_is_not_there(cast, tree):
    stranger = Api(cast.stranger)
    secret = f"library/folders/{tree['secret']}/"
    for answer in (stranger.get(secret), stranger.patch(secret, {"name": "x"}),
                   stranger.delete(secret), stranger.post(f"{secret}restore/"),
                   stranger.get(f"{secret}documents/")):  # fmt: skip
        told(answer, 404)
    listed = stranger.get("library/folders/").json()["results"]
    assert "secret" not in [one["name"] for one in listed]
    assert next(one for one in listed if one["name"] == "deep")["parent"] == tree["open"]
    assert "/api/v1/library/folders/" in stranger.get("/api/schema/").json()["paths"]
