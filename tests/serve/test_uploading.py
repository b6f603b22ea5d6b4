"""Sending models to be added."""

from __future__ import annotations

from tests.serve.serve_cases import Live


def test_what_is_not_taken_leaves_nothing(own: Live) -> None:
    def send(*names: str, **data: str) -> int:
        files = [("file", (name, b"OFF nothing")) for name in names]
        return own.ask("POST", "/api/jobs", files=files, data=data).status_code

    assert send("a.exe") == 415
    assert send("a.off", "b.zip") == 415  # an archive comes alone
    assert send("a.off", **{"class": "../up"}) == 422
    assert send("a.off", **{"class": "a\nb"}) == 422
    assert own.ask("POST", "/api/jobs").status_code == 422
    assert not [path for path in (own.folder / "uploads").rglob("*") if path.is_file()]
    assert own.ask("GET", "/api/jobs").json() == {"jobs": []}
    assert own.ask("GET", "/api/jobs/" + "0" * 32).status_code == 404


def test_a_file_that_cannot_be_read_is_refused_under_its_own_name(own: Live) -> None:
    sent = own.ask("POST", "/api/jobs", files={"file": ("bad.off", b"OFF nothing")})
    assert sent.status_code == 202
    while (job := own.ask("GET", f"/api/jobs/{sent.json()['id']}").json())["state"] != "done":
        assert job["state"] in ("queued", "running")
    assert job["added"] == [] and job["refused"][0]["name"] == "bad.off"
    assert str(own.folder) not in job["refused"][0]["reason"]
